// One request and its response as the middleware sees it: owner of the context, and of the one access record.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "ctxlog/context.hpp"
#include "ctxlog/export.hpp"
#include "ctxlog/field_set.hpp"
#include "ctxlog/http/correlation.hpp"
#include "ctxlog/http/options.hpp"
#include "ctxlog/http/request_view.hpp"

namespace ctxlog::http {
namespace detail {

class header_reader;
struct recorded_request;

}  // namespace detail

/// What became of the response.
struct response_view {
  /// 0: none was sent.
  int status = 0;
  /// Bytes before compression; nothing when it is not known, as for a stream.
  std::optional<std::uint64_t> body_size = std::nullopt;
  http::outcome outcome = http::outcome::completed;
  /// As set_route() takes it, where it is known only now.
  std::string_view route = {};
};

/// Made by begin() as early as the framework allows, kept by the framework's request object (never by the context, so
/// that work which outlives the request does not hold it), entered around everything that runs for the request, and
/// finished once. Destroyed unfinished, it makes the access record itself, with outcome "aborted". Any thread.
class CTXLOG_API exchange : public std::enable_shared_from_this<exchange> {
 public:
  /// Reads the request and makes its context: `base` with the request's ids as ambient fields (`request_id`,
  /// `trace_id`, `span_id`, `trace_flags`). Copies what it needs. Throws std::bad_alloc only.
  [[nodiscard]] static std::shared_ptr<exchange> begin(const request_view& request,
                                                       std::shared_ptr<const options> chosen,
                                                       const context& base = context::empty());

  /// The exchange that the calling code works for; null outside of one, and after it has ended.
  [[nodiscard]] static std::shared_ptr<exchange> current() noexcept;

  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  const ctxlog::context& context() const noexcept { return context_; }
  /// `const auto inside = exchange->enter();` The calling thread works for this request until the end of the block.
  [[nodiscard]] context_guard enter() const noexcept { return context_guard(context_); }

  const correlation& ids() const noexcept { return *ids_; }

  /// The request's id is refused by id_policy::reject: answer with 400 and do not call the application.
  bool rejected() const noexcept { return rejected_; }

  /// Calls `set(name, value)` with each header that the response is to carry. Their values are safe in a header.
  template <class Set>
  void for_each_response_header(Set&& set) const {
    if (options_->request_id.echo) set(ids_->id_header, ids_->request_id);
    if (options_->trace.server_timing) set(std::string("server-timing"), "trace;desc=" + ids_->trace.text());
  }

  /// The route's template, such as `/users/{id}`: never a path, which has as many values as there are ids.
  void set_route(std::string_view route);
  /// What ended the handler.
  void set_error(std::exception_ptr error);

  /// Adds fields to the access record: `exchange->add("user"_kv = name)`. Lost once it is finished.
  template <class... Fields>
  void add(const Fields&... fields) {
    const std::lock_guard lock(mutex_);
    if (!extra_) extra_ = std::make_unique<field_set>();
    extra_->add(fields...);
  }

  /// Makes the access record, the first time it is called; false when it was made already. What `response` does not say is
  /// not in the record.
  bool finish(const response_view& response) noexcept;
  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }

 protected:
  exchange(std::shared_ptr<const options>, detail::recorded_request&) noexcept;
  ~exchange() = default;

 private:
  void open(const request_view&, detail::header_reader&, const ctxlog::context& base);
  void write_access_record(const response_view&) noexcept;

  const std::shared_ptr<const options> options_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  detail::recorded_request& request_;
  ctxlog::context context_;
  const correlation* ids_ = nullptr;  // in context_
  bool rejected_ = false;
  std::atomic<bool> finished_{false};
  std::mutex mutex_;  // of what follows, and of the route
  std::exception_ptr error_;
  std::unique_ptr<field_set> extra_;
};

/// For coroutines whose context follows them from thread to thread (ctxlog::task, Asio on context_executor), where
/// enter(), which is of one thread, cannot stand over a co_await: binds the request's variables in the current context until
/// the scope ends.
class CTXLOG_API request_scope {
 public:
  [[nodiscard]] explicit request_scope(const exchange&);

 private:
  scope ambient_fields_, request_;
};

/// Adds fields to the access record of the request that the calling code works for; none outside of one.
template <class... Fields>
void add_to_access_record(const Fields&... fields) {
  if (const auto current = exchange::current()) current->add(fields...);
}

/// Since the start of the process. What is wrong in headers shows here and nowhere else.
struct http_statistics {
  std::uint64_t requests = 0;
  std::uint64_t aborted = 0;
  std::uint64_t faulty_ids = 0;     // request ids that were not valid
  std::uint64_t faulty_traces = 0;  // traceparent headers that broke a rule
};
CTXLOG_API http_statistics stats() noexcept;

}  // namespace ctxlog::http
