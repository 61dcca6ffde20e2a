// WebSocket controllers of Drogon whose messages are handled in the context of their handshake.
// SPDX-License-Identifier: MIT
#pragma once

#include <drogon/WebSocketController.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "ctxlog/context.hpp"

namespace ctxlog::drogon {

/// In place of drogon::WebSocketController. Every call runs in the context that the handshake's request had, on the loop
/// of its connection; what it sets does not stay. The connection's setContext() is the application's.
template <class T, bool AutoCreation = true>
class websocket_controller : public ::drogon::WebSocketController<T, AutoCreation> {
 public:
  virtual void on_connection(const ::drogon::HttpRequestPtr&, const ::drogon::WebSocketConnectionPtr&) = 0;
  virtual void on_message(const ::drogon::WebSocketConnectionPtr&, std::string&& message,
                          const ::drogon::WebSocketMessageType&) = 0;
  virtual void on_close(const ::drogon::WebSocketConnectionPtr&) = 0;

 private:
  struct handshake {
    std::weak_ptr<::drogon::WebSocketConnection> connection;
    ctxlog::context context;
  };

  void handleNewConnection(const ::drogon::HttpRequestPtr& request,
                           const ::drogon::WebSocketConnectionPtr& connection) final {
    keep(connection);
    context_of(connection).run([&] { on_connection(request, connection); });
  }
  void handleNewMessage(const ::drogon::WebSocketConnectionPtr& connection, std::string&& message,
                        const ::drogon::WebSocketMessageType& type) final {
    context_of(connection).run([&] { on_message(connection, std::move(message), type); });
  }
  void handleConnectionClosed(const ::drogon::WebSocketConnectionPtr& connection) final {
    context_of(connection).run([&] { on_close(connection); });
    const std::lock_guard lock(mutex_);
    handshakes_.erase(connection.get());
  }

  void keep(const ::drogon::WebSocketConnectionPtr& connection) {
    const std::lock_guard lock(mutex_);
    // Drogon does not tell of the end of a connection whose handshake failed.
    if (handshakes_.size() >= next_cleaning_) {
      std::erase_if(handshakes_, [](const auto& entry) { return entry.second.connection.expired(); });
      next_cleaning_ = 2 * handshakes_.size() + smallest_cleaning;
    }
    handshakes_.insert_or_assign(connection.get(), handshake{connection, context::current()});
  }

  ctxlog::context context_of(const ::drogon::WebSocketConnectionPtr& connection) {
    const std::lock_guard lock(mutex_);
    const auto found = handshakes_.find(connection.get());
    return found == handshakes_.end() ? ctxlog::context() : found->second.context;
  }

  static constexpr std::size_t smallest_cleaning = 64;

  std::mutex mutex_;
  std::unordered_map<const ::drogon::WebSocketConnection*, handshake> handshakes_;
  std::size_t next_cleaning_ = smallest_cleaning;
};

}  // namespace ctxlog::drogon
