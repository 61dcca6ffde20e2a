// Running a server of cpp-httplib until standard input ends.
// SPDX-License-Identifier: MIT
#pragma once

#include <httplib.h>

#include <thread>

#include "chain.hpp"

namespace chain {

inline void serve(httplib::Server& server) {
  say_listening(server.bind_to_any_port("127.0.0.1"));
  std::thread serving([&] { server.listen_after_bind(); });
  while (!server.is_running()) std::this_thread::yield();  // stop() before that would be lost
  wait_for_end();
  server.stop();
  serving.join();
}

}  // namespace chain
