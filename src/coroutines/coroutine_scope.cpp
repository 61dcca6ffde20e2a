// The scope of a foreign coroutine recognises its own context by a mark.
// SPDX-License-Identifier: MIT
#include "ctxlog/coroutines/coroutine_scope.hpp"

#include "ctxlog/coroutines/synthetic_frame.hpp"

namespace ctxlog {
namespace {

constinit context_var<std::uint64_t> scope_mark{"coroutine scope", 0};

}  // namespace

coroutine_scope::coroutine_scope() : id_(detail::unique_id()) {
  state_.adopt_current();
  scope_mark.set(id_);
}

coroutine_scope::~coroutine_scope() {
  if (in_own_context()) {
    state_.leave();
  } else {
    state_.abandon();
    detail::report_lost_context();
  }
}

bool coroutine_scope::in_own_context() const noexcept { return *scope_mark.find() == id_; }

void coroutine_scope::adopt_foreign_context() {
  detail::report_lost_context();
  state_.adopt_current();
  scope_mark.set(id_);
}

}  // namespace ctxlog
