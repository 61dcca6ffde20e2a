// A user's program of the Asio adapter: its headers and its target fit together.
// SPDX-License-Identifier: MIT
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <ctxlog/asio.hpp>

int main() {
  asio::io_context loop;
  int ran = 0;
  asio::post(loop, [&] { ++ran; });
  loop.run();
  return ran == 1 ? 0 : 1;
}
