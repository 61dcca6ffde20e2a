// What tasks need that is no template: the context of a task, joining, and the record of unseen failures.
// SPDX-License-Identifier: MIT
#include <atomic>
#include <stdexcept>

#include "ctxlog/ambient.hpp"
#include "ctxlog/coroutines/basic_task.hpp"
#include "ctxlog/coroutines/running.hpp"
#include "ctxlog/coroutines/synthetic_frame.hpp"
#include "ctxlog/logger.hpp"

namespace ctxlog {
namespace {

constinit context_var<std::string> task_name{"task name"};
constinit context_var<std::stop_token> task_stop_token{"task stop token"};

}  // namespace

namespace this_task {

std::string name() { return task_name.get_or({}); }

std::stop_token stop_token() noexcept {
  const std::stop_token* const found = task_stop_token.find();
  return found ? *found : std::stop_token();
}

}  // namespace this_task

namespace detail {
namespace {

[[gnu::tls_model("initial-exec")]] constinit thread_local std::uint64_t last_id = 0;

constexpr std::uint64_t id_block = std::uint64_t{1} << 20;
constinit std::atomic<std::uint64_t> next_id_block{1};

}  // namespace

std::uint64_t unique_id() noexcept {
  if (last_id % id_block == 0) last_id = next_id_block.fetch_add(1, std::memory_order_relaxed) * id_block;
  return ++last_id;
}

nested_drive::nested_drive() noexcept
    : id_(unique_id()), outer_(std::exchange(current_stack().innermost_drive, this)) {}
nested_drive::~nested_drive() { current_stack().innermost_drive = outer_; }

bool nested_drive::complete(std::uint64_t id) noexcept {
  nested_drive* const innermost = current_stack().innermost_drive;
  if (!innermost || innermost->id_ != id) return false;
  innermost->completed_ = true;
  return true;
}

void throw_task_not_startable() {
  throw std::logic_error("ctxlog::task: awaited or started a second time, or moved from");
}

void throw_nothing_running() {
  throw std::logic_error("ctxlog::running: awaited a second time, or moved from");
}

context context_for_task(context base, std::stop_token stop, std::string_view name) {
  return std::move(base).run([&] {
    task_stop_token.set(std::move(stop));
    if (!name.empty()) {
      task_name.set(std::string(name));
      auto fields = inherit_ambient_fields();
      fields->value.set("task", name);
      const slot_token kept(ambient_slot, fields.release(), "ambient fields");
    }
    return context::current();
  });
}

work_state::work_state(context base, std::string_view name, const start_place& place)
    : context_(context_for_task(std::move(base), stop_.get_token(), name)), place_(place) {}

bool work_state::done() const noexcept { return waiting_.load(std::memory_order_acquire) == this; }

bool work_state::wait(std::coroutine_handle<> waiting) {
  void* nobody = nullptr;
  if (waiting_.compare_exchange_strong(nobody, waiting.address(), std::memory_order_acq_rel)) return true;
  if (nobody != this) throw std::logic_error("ctxlog::running: two coroutines wait for the same work");
  return false;
}

void work_state::stop_waiting(std::coroutine_handle<> waiting) noexcept {
  void* expected = waiting.address();
  waiting_.compare_exchange_strong(expected, nullptr, std::memory_order_acq_rel);
}

std::coroutine_handle<> work_state::finish(bool failed) noexcept {
  if (!failed) context_ = context();
  void* const waiting = waiting_.exchange(this, std::memory_order_acq_rel);
  return waiting ? std::coroutine_handle<>::from_address(waiting) : std::noop_coroutine();
}

void work_state::report(const std::exception_ptr& failure) const noexcept {
  static constexpr std::string_view text = "a task failed and nobody waited for it";
  const call_site site{text, {place_.file, place_.line, place_.function}, message_syntax::plain};
  context_.run([&] {
    if (root_logger().enabled(level::error))
      log_call<dynamic_field<std::exception_ptr>>(root_logger(), level::error, site, kv("error", failure));
  });
}

}  // namespace detail
}  // namespace ctxlog
