// Working memory of a thread: made at its first record, used again for every other.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "ctxlog/field_set.hpp"
#include "ctxlog/value.hpp"
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

struct scratch {
  alignas(std::max_align_t) std::array<std::byte, 8192> initial;
  arena memory{initial.data(), initial.size()};
  fmt::memory_buffer message;
  fmt::memory_buffer line;
  std::shared_ptr<const settings> snapshot;
  std::uint64_t generation = 0;
  std::deque<context_fields> contexts;  // the n-th is the n-th context patcher of a record
  encoding_cache encoded;
  wall_clock clock;

  // The present settings; kept from one record to the next, so that threads do not meet at a counter.
  const settings* refresh() noexcept;
  // Gives memory of unusual size back.
  void recycle() noexcept;
};

// The thread's own while it is free: not for a record made while another is under way, nor late in the
// thread's exit; then a new one. Null when memory ran out.
scratch* acquire_scratch() noexcept;
void release_scratch(scratch*) noexcept;

// Where the calling thread is: what it must not do again.
enum class activity : std::uint8_t { none, patching, delivering, writing };
extern constinit thread_local activity activity_of_thread __attribute__((tls_model("initial-exec")));
inline activity current_activity() noexcept { return activity_of_thread; }

class [[nodiscard]] activity_scope {
 public:
  explicit activity_scope(activity) noexcept;
  activity_scope(const activity_scope&) = delete;
  activity_scope& operator=(const activity_scope&) = delete;
  ~activity_scope();

 private:
  activity previous_;
};

}  // namespace ctxlog::detail
