// What a piece of work comes to: a value, a reference, nothing, or an exception.
// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace ctxlog::detail {

/// `void` where a value is needed.
template <class T>
using value_or_monostate = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class T>
class outcome {
  using stored =
      std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, value_or_monostate<T>>;

 public:
  void set() noexcept { state_.template emplace<1>(); }
  template <class U>
  void set(U&& produced) {
    if constexpr (std::is_reference_v<T>) {
      state_.template emplace<1>(std::addressof(static_cast<T>(produced)));
    } else {
      state_.template emplace<1>(std::forward<U>(produced));
    }
  }
  void fail(std::exception_ptr failure) noexcept { state_.template emplace<2>(std::move(failure)); }

  void forget() noexcept { state_.template emplace<0>(); }

  /// Keeps what `f(args...)` returns or throws.
  template <class F, class... Args>
  void set_result_of(F&& f, Args&&... args) noexcept {
    try {
      if constexpr (std::is_void_v<T>) {
        std::forward<F>(f)(std::forward<Args>(args)...);
        set();
      } else {
        set(std::forward<F>(f)(std::forward<Args>(args)...));
      }
    } catch (...) {
      fail(std::current_exception());
    }
  }

  /// Null unless failed.
  std::exception_ptr failure() const noexcept {
    return state_.index() == 2 ? *std::get_if<2>(&state_) : nullptr;
  }

  /// Once: gives the value away, or throws the exception.
  T take() {
    if (state_.index() == 2) std::rethrow_exception(std::exchange(*std::get_if<2>(&state_), nullptr));
    if constexpr (std::is_reference_v<T>) {
      return static_cast<T>(**std::get_if<1>(&state_));
    } else if constexpr (!std::is_void_v<T>) {
      return std::move(*std::get_if<1>(&state_));
    }
  }

 private:
  std::variant<std::monostate, stored, std::exception_ptr> state_;
};

}  // namespace ctxlog::detail
