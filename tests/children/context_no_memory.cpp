// Lets each allocation of a bind and of a set fail in turn, then those of an end out of order.
// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "ctxlog/context.hpp"

namespace {

int allocations_left = -1;  // negative: no limit

void* allocate(std::size_t size) noexcept {
  if (allocations_left == 0) return nullptr;
  if (allocations_left > 0) --allocations_left;
  return std::malloc(size ? size : 1);
}

void* allocate_or_throw(std::size_t size) {
  if (void* const memory = allocate(size)) return memory;
  throw std::bad_alloc();
}

constinit ctxlog::context_var<int> number{"number"};
constinit ctxlog::context_var<int> other{"other"};

template <class Attempt>
void fail_each_allocation(const char* what, Attempt attempt) {
  const ctxlog::context before = ctxlog::context::current();
  for (int allowed = 0;; ++allowed) {
    allocations_left = allowed;
    try {
      attempt();
      allocations_left = -1;
      std::printf("%s needs %d allocations\n", what, allowed);
      return;
    } catch (const std::bad_alloc&) {
      allocations_left = -1;
      if (ctxlog::context::current() != before) std::printf("%s changed the context\n", what);
    }
  }
}

void end_out_of_order_without_memory() {
  auto first = std::unique_ptr<ctxlog::scope>(new ctxlog::scope(number.bind(1)));
  const auto second = other.bind(2);
  allocations_left = 0;
  first.reset();
  allocations_left = -1;
  std::printf("number %d other %d mismatches %d\n", number.get_or(0), other.get_or(0),
              static_cast<int>(ctxlog::mismatch_count()));
}

}  // namespace

// Inlined, g++ 12 takes the pairs of these for mismatched.
[[gnu::noinline]] void* operator new(std::size_t size) { return allocate_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

int main() {
  const auto bound = number.bind(0);
  fail_each_allocation("bind", [] { const auto scope = number.bind(1); });
  fail_each_allocation("set", [] {
    auto token = number.set(1);
    number.reset(token);
  });
  end_out_of_order_without_memory();
}
