// Working memory of a thread: made at its first record, used again for every other.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "ctxlog/field_set.hpp"
#include "ctxlog/value.hpp"
#include "disjoint_runs.hpp"
#include "encoding_cache.hpp"
#include "settings.hpp"
#include "wall_clock.hpp"

namespace ctxlog::detail {

// Fields that a context patcher made of a snapshot.
struct context_fields {
  std::uint64_t patcher = 0;
  std::uint64_t snapshot = 0;
  field_set fields;
};

// Most records need no memory of it, and giving back nothing is not free either.
class record_arena final : public arena {
 public:
  using arena::arena;
  void recycle() noexcept {
    if (std::exchange(is_used_, false)) release();
  }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    is_used_ = true;
    return arena::do_allocate(bytes, alignment);
  }

  bool is_used_ = false;
};

struct scratch {
  alignas(std::max_align_t) std::array<std::byte, 8192> initial;
  record_arena memory{initial.data(), initial.size()};
  scratch* next_idle = nullptr;
  std::uint64_t generation = 0;
  std::shared_ptr<const settings> snapshot;
  fmt::memory_buffer message;
  fmt::memory_buffer line;
  // The n-th is the n-th context patcher of a record.
  std::vector<std::unique_ptr<context_fields>> contexts;
  encoding_cache encoded;
  disjoint_runs disjoint;
  wall_clock clock;

  // The present settings; kept from one record to the next, so that threads do not meet at a counter.
  const settings* refresh() noexcept {
    const std::uint64_t latest = settings_generation();
    if (latest == 0 || latest != generation) [[unlikely]]
      read_settings(latest);
    return snapshot.get();
  }
  // After a record. Gives memory of unusual size back.
  void recycle() noexcept {
    constexpr std::size_t usual = 256 * 1024;
    memory.recycle();
    message.clear();
    if (message.capacity() > usual || line.capacity() > usual) [[unlikely]]
      shrink();
  }

 private:
  void read_settings(std::uint64_t latest) noexcept;
  void shrink() noexcept;
};

// What the thread has and does not use: the first serves most records, the next those made while another one is
// under way. Late in the thread's exit there is none any more.
struct idle_memory {
  scratch* first;
  bool is_over;
};
extern constinit thread_local idle_memory idle_scratch __attribute__((tls_model("initial-exec")));

scratch* make_scratch() noexcept;
void destroy(scratch*) noexcept;

// Null when memory ran out.
inline scratch* acquire_scratch() noexcept {
  if (!idle_scratch.first) [[unlikely]]
    return make_scratch();
  return std::exchange(idle_scratch.first, idle_scratch.first->next_idle);
}

inline void release_scratch(scratch* s) noexcept {
  if (idle_scratch.is_over) [[unlikely]]
    return destroy(s);
  s->next_idle = std::exchange(idle_scratch.first, s);
}

// Where the calling thread is: what it must not do again.
enum class activity : std::uint8_t { none, patching, delivering, writing };
extern constinit thread_local activity activity_of_thread __attribute__((tls_model("initial-exec")));
inline activity current_activity() noexcept { return activity_of_thread; }

class [[nodiscard]] activity_scope {
 public:
  explicit activity_scope(activity a) noexcept : previous_(std::exchange(activity_of_thread, a)) {}
  activity_scope(const activity_scope&) = delete;
  activity_scope& operator=(const activity_scope&) = delete;
  ~activity_scope() { activity_of_thread = previous_; }

 private:
  activity previous_;
};

}  // namespace ctxlog::detail
