// Counts what each thread asks operator new for, in a test or a benchmark.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstdlib>
#include <new>

namespace counted {

inline thread_local std::uint64_t allocations = 0;

}  // namespace counted

// Replacements of the global functions: include this header in one source file of a program. Not inlined, or
// g++ takes malloc() and free() for mismatched.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++counted::allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++counted::allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
