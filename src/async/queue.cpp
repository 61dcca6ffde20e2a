// Writing frames, and what happens when there is no room for them.
// SPDX-License-Identifier: MIT
#include "async/queue.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "async/engine.hpp"
#include "async/futex.hpp"
#include "deadline.hpp"
#include "kept_errno.hpp"
#include "tick_clock.hpp"

namespace ctxlog::detail {
queue::queue(engine& owner, const queue_file::ring& mapped) noexcept
    : publication_{&mapped.head->written, &owner.sleeps_deep(),
                   mapped.head->written.load(std::memory_order_relaxed)},
      ring_(mapped.bytes),
      nonce_(owner.file().head().nonce),
      mask_(owner.file().layout().queue_bytes - 1),
      cycles_(ticks_are_cycles()),
      owner_(owner),
      mapped_(mapped),
      common_(owner.options().when_full == overflow::drop_below ? capacity() / 5 * 4 : capacity()) {}

bool queue::find_room(level l, std::uint64_t end) noexcept {
  if (has_room(end)) return true;
  publish_told();
  const auto reason = make_room(l, end);
  if (!reason) return true;
  accepted_.store(records_accepted() + 1, std::memory_order_relaxed);
  owner_.count_dropped(*reason, l);
  return false;
}

void queue::publish_told() noexcept {
  publication_.written->store(publication_.end, std::memory_order_release);
}

bool queue::has_room(std::uint64_t end) noexcept {
  room_until_ = mapped_.head->read.load(std::memory_order_acquire) + common_;
  return end <= room_until_;
}

void queue::ask_for_room(std::uint64_t end) noexcept {
  if (has_room(end) || owner_.options().when_full != overflow::block) return;
  publish_told();
  wait_for_room(end, std::chrono::milliseconds::max());
  has_room(end);
}

std::optional<drop_reason> queue::make_room(level l, std::uint64_t end) noexcept {
  const async_pipeline& options = owner_.options();
  const bool is_protected = l >= options.protected_level;
  switch (options.when_full) {
    case overflow::block:
      wait_for_room(end, std::chrono::milliseconds::max());
      return std::nullopt;
    case overflow::drop_oldest:
      if (drop_oldest(end)) return std::nullopt;
      // A protected record is in front: what is not protected does not wait for it.
      if (!is_protected) return drop_reason::newest;
      break;
    case overflow::drop_newest:
      if (!is_protected) return drop_reason::newest;
      break;
    case overflow::drop_below:
      if (!is_protected) return drop_reason::below_level;
      break;
    case overflow::block_for:
      break;
  }
  if (wait_for_room(end, options.block_timeout)) return std::nullopt;
  return drop_reason::timed_out;
}

bool queue::wait_for_room(std::uint64_t end, std::chrono::milliseconds most) noexcept {
  // Short, so that a wake that was missed costs little.
  constexpr auto slice = std::chrono::milliseconds(1);
  const kept_errno keep;
  const auto deadline = deadline_in(most);
  const auto fits = [&] { return end <= mapped_.head->read.load(std::memory_order_acquire) + capacity(); };
  while (!fits()) {
    if (deadline_clock::now() >= deadline) return false;
    waiting_.store(1, std::memory_order_seq_cst);
    owner_.wake();
    if (!fits()) wait_while(waiting_, 1, slice);
    waiting_.store(0, std::memory_order_relaxed);
  }
  return true;
}

bool queue::drop_oldest(std::uint64_t end) noexcept {
  while (reading.exchange(true, std::memory_order_acquire)) std::this_thread::yield();
  std::uint64_t position = mapped_.head->read.load(std::memory_order_relaxed);
  while (end > position + capacity()) {
    frame_head head;
    std::memcpy(&head, mapped_.bytes + (position & mask_), sizeof head);
    if (head.kind() == frame_kind::record) {
      if (head.level() >= owner_.options().protected_level) break;
      owner_.count_dropped(drop_reason::oldest, head.level());
    }
    position += padded(head.size);
  }
  mapped_.head->read.store(position, std::memory_order_release);
  reading.store(false, std::memory_order_release);
  return has_room(end);
}

void queue::delivered_up_to(std::uint64_t position) noexcept {
  mapped_.head->read.store(position, std::memory_order_release);
  // Half of it free, or the writer would be woken for every few records.
  const bool half_free = mapped_.head->written.load(std::memory_order_relaxed) - position <= bytes() / 2;
  if (half_free && waiting_.exchange(0, std::memory_order_seq_cst) == 1) wake_all(waiting_);
}

void queue::wait_until_delivered() noexcept {
  while (!is_delivered()) owner_.wait_for_delivery();
}

}  // namespace ctxlog::detail
