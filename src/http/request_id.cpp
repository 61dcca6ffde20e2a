// New request ids: UUIDs from a random generator of each thread's own.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/request_id.hpp"

#include <pthread.h>
#include <sys/random.h>

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

namespace ctxlog::http {
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

constexpr auto hexadecimal_pairs = [] {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t byte = 0; byte != pairs.size(); ++byte)
    pairs[byte] = {digits[byte / 16], digits[byte % 16]};
  return pairs;
}();

// The low `bytes` bytes of `bits`, the most significant first.
char* write_hexadecimal(char* out, std::uint64_t bits, int bytes) noexcept {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8, out += 2)
    std::memcpy(out, hexadecimal_pairs[(bits >> shift) & 0xff].data(), 2);
  return out;
}

}  // namespace

std::string new_request_id() {
  constexpr std::uint64_t version_mask = 0xf000, version_4 = 0x4000;
  constexpr std::uint64_t variant_mask = std::uint64_t{3} << 62, variant = std::uint64_t{2} << 62;
  const std::uint64_t high = (random.next() & ~version_mask) | version_4;
  const std::uint64_t low = (random.next() & ~variant_mask) | variant;

  std::array<char, 36> text;
  char* out = write_hexadecimal(text.data(), high >> 32, 4);
  *out++ = '-';
  out = write_hexadecimal(out, high >> 16, 2);
  *out++ = '-';
  out = write_hexadecimal(out, high, 2);
  *out++ = '-';
  out = write_hexadecimal(out, low >> 48, 2);
  *out++ = '-';
  write_hexadecimal(out, low, 6);
  return {text.data(), text.size()};
}

}  // namespace ctxlog::http
