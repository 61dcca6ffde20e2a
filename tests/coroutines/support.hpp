// Helpers of the coroutine tests: threads and coroutine types that know nothing of contexts, and a verdict.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <concepts>
#include <coroutine>
#include <exception>
#include <string>
#include <utility>

#include "context.hpp"
#include "ctxlog/task.hpp"

namespace coroutine_test {

inline constinit ctxlog::context_var<std::string> request_id{"request_id"};
inline constinit ctxlog::context_var<int> step{"step", 0};

inline std::string read_id() { return request_id.get_or("none"); }

/// Counts, because coroutines run on threads where assertions may not.
class verdict {
 public:
  void expect(const std::string& want) { expect(read_id() == want); }
  template <std::same_as<bool> Bool>  // no literal, which converts to bool sooner than to std::string
  void expect(Bool as_it_should) {
    (as_it_should ? right_ : wrong_)++;
  }
  int right() const { return right_; }
  int wrong() const { return wrong_; }

 private:
  std::atomic<int> right_ = 0;
  std::atomic<int> wrong_ = 0;
};

/// Threads that coroutines can hop to.
class threads : public context_test::worker_pool {
 public:
  using worker_pool::worker_pool;

  /// Goes on on one of the threads.
  auto hop() {
    struct awaiter {
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> waiting) {
        target->post([waiting] { waiting.resume(); });
      }
      void await_resume() const noexcept {}
      threads* target;
    };
    return awaiter{this};
  }
};

/// A lazy task as libraries have it: symmetric transfer, no idea of contexts.
class foreign_task {
 public:
  struct promise_type {
    foreign_task get_return_object() {
      return foreign_task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct awaiter {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> own) noexcept {
          return own.promise().continuation;
        }
        void await_resume() noexcept {}
      };
      return awaiter{};
    }
    void return_value(int returned) { value = returned; }
    void unhandled_exception() { failure = std::current_exception(); }

    std::coroutine_handle<> continuation = std::noop_coroutine();
    std::exception_ptr failure;
    int value = 0;
  };

  foreign_task(foreign_task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  foreign_task& operator=(foreign_task&&) = delete;
  ~foreign_task() {
    if (handle_) handle_.destroy();
  }

  auto operator co_await() const noexcept {
    struct awaiter {
      bool await_ready() const noexcept { return handle.done(); }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) const noexcept {
        handle.promise().continuation = waiting;
        return handle;
      }
      int await_resume() const {
        if (handle.promise().failure) std::rethrow_exception(handle.promise().failure);
        return handle.promise().value;
      }
      std::coroutine_handle<promise_type> handle;
    };
    return awaiter{handle_};
  }

 private:
  explicit foreign_task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}

  std::coroutine_handle<promise_type> handle_;
};

/// A coroutine that starts when called and belongs to nobody.
struct foreign_detached {
  struct promise_type {
    foreign_detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() { std::terminate(); }
  };
};

/// Suspends and keeps the handle: the test decides when to resume.
struct parking_place {
  auto park() {
    struct awaiter {
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> waiting) const noexcept { place->parked = waiting; }
      void await_resume() const noexcept {}
      parking_place* place;
    };
    return awaiter{this};
  }
  void resume() { std::exchange(parked, nullptr).resume(); }

  std::coroutine_handle<> parked;
};

/// Notes at its destruction the id of the context it ends in.
class noting_destructor {
 public:
  explicit noting_destructor(std::string& seen) : seen_(seen) {}
  noting_destructor(const noting_destructor&) = delete;
  noting_destructor& operator=(const noting_destructor&) = delete;
  ~noting_destructor() { seen_ = read_id(); }

 private:
  std::string& seen_;
};

}  // namespace coroutine_test
