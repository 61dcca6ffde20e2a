// Ends three kinds of scopes on other threads and leaves two variables bound where a probe looks.
// SPDX-License-Identifier: MIT
#include <memory>
#include <string>
#include <thread>

#include "ctxlog/context.hpp"
#include "ctxlog/coroutines/coroutine_scope.hpp"
#include "ctxlog/debug.hpp"

namespace {

constinit ctxlog::context_var<std::string> request_id{"request_id"};
constinit ctxlog::context_var<int> user{"user"};

template <class T>
void end_on_another_thread(std::unique_ptr<T> ending) {
  std::thread([&] { ending.reset(); }).join();
}

}  // namespace

int main() {
  end_on_another_thread(std::unique_ptr<ctxlog::scope>(new ctxlog::scope(request_id.bind("r-1"))));
  ctxlog::context::current().run([] {
    end_on_another_thread(std::make_unique<ctxlog::context_guard>(ctxlog::context::empty()));
    end_on_another_thread(std::make_unique<ctxlog::coroutine_scope>());
  });
  user.set(7);
  ctxlog::leak_probe()();
}
