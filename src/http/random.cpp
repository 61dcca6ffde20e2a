// Random bits from a generator of each thread's own.
// SPDX-License-Identifier: MIT
#include "http/random.hpp"

#include <pthread.h>
#include <sys/random.h>

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <system_error>

namespace ctxlog::http::detail {
namespace {

using state = std::array<std::uint64_t, 4>;

// Goes up in the child of every fork(), whose copy of the parent's generators must not go on with them.
constinit std::atomic<std::uint32_t> process_generation{1};

state seed() {
  [[maybe_unused]] static const int registered =
      ::pthread_atfork(nullptr, nullptr, [] { process_generation.fetch_add(1, std::memory_order_relaxed); });
  state words{};
  while (::getrandom(words.data(), sizeof words, 0) != sizeof words)
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
  return words;
}

// xoshiro256++ of Blackman and Vigna, https://prng.di.unimi.it: small, fast, and far from a repetition.
class generator {
 public:
  std::uint64_t next() {
    if (const auto now = process_generation.load(std::memory_order_relaxed); generation_ != now) {
      state_ = seed();
      generation_ = now;
    }
    auto& [a, b, c, d] = state_;
    const std::uint64_t result = std::rotl(a + d, 23) + a;
    const std::uint64_t shifted = b << 17;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = std::rotl(d, 45);
    return result;
  }

 private:
  std::uint32_t generation_ = 0;  // 0: not seeded
  state state_{};
};

constinit thread_local generator random __attribute__((tls_model("initial-exec")));

}  // namespace

std::uint64_t random_bits() { return random.next(); }

}  // namespace ctxlog::http::detail
