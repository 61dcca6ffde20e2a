// Drogon's coroutines keep their context over every co_await: include this before the first of them is defined.
// SPDX-License-Identifier: MIT
//
// It changes the promise of drogon::Task, so every source of a program that defines such coroutines must include it
// (the one-definition rule), best by the compiler's -include. Two libraries that do this do not go together. Handlers must return
// Task: those that return drogon::AsyncTask lose the context at their first co_await that suspends, for that
// type is used by Drogon's own headers. Without this header, `co_await ctxlog::preserve(x)` does the same for one co_await.
// g++ 12 finishes several co_awaits in one braced list only after the last of them: give each a variable of its own.
#pragma once

#include <drogon/utils/coroutine.h>

#include <coroutine>

#include "ctxlog/coroutines/aware_promise.hpp"

template <class T, class... Args>
struct std::coroutine_traits<::drogon::Task<T>, Args...> : ctxlog::aware_traits<::drogon::Task<T>> {};
