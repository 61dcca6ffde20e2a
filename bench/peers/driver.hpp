// Runs one peer as docs/performance.md describes: arguments, measuring, and the line of JSON that is printed.
// SPDX-License-Identifier: MIT
#pragma once

#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "allocations.hpp"
#include "shapes.hpp"

/// A peer is a class that
///   * has `static constexpr bool sync, async`: which modes there are;
///   * is made from `const bench::options&` and opens the output, `options::async` as asked for;
///   * has `enter(const bench::request&)`, whose result keeps these three context values for the calling thread;
///   * has `log(const Shape&)` for each shape that it can write (no `log`: the shape is skipped);
///   * has `finish()`, after which everything logged is in the output;
///   * may have `log_disabled(const bench::order&)`, a call below the level;
///   * may have `enter(const bench::variables<N>&)`, N context values.
namespace bench {

struct options {
  std::string shape = "order";
  std::string output = "/dev/null";
  bool async = false;
  int threads = 1;
  std::int64_t records = 300'000;
  bool burst = false;  // measure the latency of calls in bursts
  bool check = false;  // write the first `records` and measure nothing
};

template <std::size_t Count>
struct variables {
  std::array<std::string, Count> values;
};

inline constexpr int records_per_burst = 20;
inline constexpr std::int64_t burst_pause_ns = 50'000;
inline constexpr int warm_up = 2000;

[[noreturn]] inline void fail(std::string_view what) {
  fmt::print(
      stderr,
      "{}\nusage: PEER [--shape order|ping|measurement|report|numbers_N|context_N|unwritten_N|disabled]"
      " [--mode sync|async] [--threads N] [--records N] [--output PATH] [--burst] [--check]\n",
      what);
  std::exit(2);
}

inline options parse(int argc, char** argv) {
  options parsed;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const auto value = [&]() -> std::string { return ++i < argc ? argv[i] : (fail("missing value"), ""); };
    if (name == "--shape")
      parsed.shape = value();
    else if (name == "--mode")
      parsed.async = value() == "async";
    else if (name == "--threads")
      parsed.threads = std::stoi(value());
    else if (name == "--records")
      parsed.records = std::stoll(value());
    else if (name == "--output")
      parsed.output = value();
    else if (name == "--burst")
      parsed.burst = true;
    else if (name == "--check")
      parsed.check = true;
    else
      fail("unknown argument");
  }
  return parsed;
}

inline double now_ns() {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// The cheapest clock that does not overlap the instructions around it.
inline std::uint64_t ticks() {
#if defined(__x86_64__)
  _mm_lfence();
  const std::uint64_t count = __rdtsc();
  _mm_lfence();
  return count;
#else
  return static_cast<std::uint64_t>(now_ns());
#endif
}

inline double ns_per_tick() {
  const double begin = now_ns();
  const std::uint64_t first = ticks();
  while (now_ns() < begin + 50e6) {}
  return (now_ns() - begin) / static_cast<double>(ticks() - first);
}

/// The caller and what the peer starts for itself get a processor each, if there are two.
inline void pin(unsigned processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor % std::max(1U, std::thread::hardware_concurrency()), &set);
  sched_setaffinity(0, sizeof set, &set);
}

inline long peak_rss_kb() {
  std::ifstream status("/proc/self/status");
  std::string word;
  long kb = 0;
  while (status >> word)
    if (word == "VmHWM:") status >> kb;
  return kb;
}

template <class Peer, class Shape>
[[gnu::noinline]] void log_one(Peer& peer, const Shape& event) {
  peer.log(event);
}

/// `records` events from number `first` on, in requests of `records_per_request`.
template <class Shape, class Peer, class Context>
void produce(Peer& peer, const std::vector<Context>& contexts, std::int64_t records, std::size_t first = 0) {
  const auto& all = events<Shape>();
  for (std::int64_t done = 0; done < records;) {
    const auto number = first + static_cast<std::size_t>(done);
    [[maybe_unused]] const auto inside = peer.enter(contexts[number / records_per_request % contexts.size()]);
    for (int i = 0; i < records_per_request && done < records; ++i, ++done)
      log_one(peer, all[(number + static_cast<std::size_t>(i)) % all.size()]);
  }
}

template <class Shape, class Peer, class Context>
void check(Peer& peer, const options& o, const std::vector<Context>& contexts) {
  produce<Shape>(peer, contexts, o.records);
  peer.finish();
  fmt::print("{{\"lines\":{}}}\n", o.records);
}

/// Of the calls alone, without what setting the context takes.
template <class Shape, class Peer, class Context>
double allocations_per_call(Peer& peer, const std::vector<Context>& contexts, int requests_made) {
  const auto& all = events<Shape>();
  std::uint64_t allocated = 0;
  for (int i = 0; i < requests_made; ++i) {
    [[maybe_unused]] const auto inside = peer.enter(contexts[static_cast<std::size_t>(i) % contexts.size()]);
    const std::uint64_t before = counted::allocations;
    for (std::size_t j = 0; j < records_per_request; ++j) log_one(peer, all[j]);
    allocated += counted::allocations - before;
  }
  return static_cast<double>(allocated) / (requests_made * records_per_request);
}

template <class Shape, class Peer, class Context>
void throughput(Peer& peer, const options& o, const std::vector<Context>& contexts) {
  const std::int64_t share = o.records / o.threads;
  std::atomic<int> ready{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> others;
  for (int i = 1; i < o.threads; ++i)
    others.emplace_back([&, first = static_cast<std::size_t>(i) * 1700] {
      produce<Shape>(peer, contexts, warm_up, first);
      ++ready;
      while (!go) std::this_thread::yield();
      produce<Shape>(peer, contexts, share, first);
    });
  produce<Shape>(peer, contexts, warm_up);
  const double per_call = allocations_per_call<Shape>(peer, contexts, warm_up / records_per_request);
  while (ready < o.threads - 1) std::this_thread::yield();
  const double begin = now_ns();
  go = true;
  produce<Shape>(peer, contexts, share);
  for (auto& thread : others) thread.join();
  const double called = now_ns();
  peer.finish();
  const double finished = now_ns();
  const auto records = static_cast<double>(share * o.threads);
  fmt::print(
      "{{\"lines\":{},\"caller_ns\":{:.1f},\"total_ns\":{:.1f},\"allocations\":{:.3f},\"peak_rss_kb\":{}}}\n",
      (share + warm_up) * o.threads + warm_up, (called - begin) / records, (finished - begin) / records,
      per_call, peak_rss_kb());
}

inline double quantile(std::vector<double>& sorted, double q) {
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(q * static_cast<double>(sorted.size())))];
}

/// Bursts of 20 calls every 50 microseconds, first each call on its own, then each burst as a whole. The cost
/// of reading the clock is in the numbers and printed beside them.
template <class Shape, class Peer, class Context>
void latency(Peer& peer, const options& o, const std::vector<Context>& contexts) {
  const auto& all = events<Shape>();
  const double scale = ns_per_tick();
  const auto pause = static_cast<std::uint64_t>(static_cast<double>(burst_pause_ns) / scale);
  const auto requests_made = static_cast<std::size_t>(o.records) / records_per_request;
  std::vector<double> calls, bursts, entries, timer;
  calls.reserve(requests_made * records_per_request);
  entries.reserve(2 * requests_made);
  bursts.reserve(requests_made * records_per_request / records_per_burst);
  const auto elapsed = [&](std::uint64_t begin) { return static_cast<double>(ticks() - begin) * scale; };
  const auto over_bursts = [&](auto burst) {
    std::size_t event = 0;
    for (std::size_t i = 0; i < requests_made; ++i) {
      const std::uint64_t begin = ticks();
      [[maybe_unused]] const auto inside = peer.enter(contexts[i % contexts.size()]);
      entries.push_back(elapsed(begin));
      for (int b = 0; b < records_per_request / records_per_burst; ++b) {
        burst(&all[event]);
        event = (event + records_per_burst) % all.size();
        for (const std::uint64_t end = ticks() + pause; ticks() < end;) {}
      }
    }
  };
  for (int i = 0; i < 2000; ++i) timer.push_back(elapsed(ticks()));
  produce<Shape>(peer, contexts, warm_up);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  over_bursts([&](const Shape* event) {
    for (int i = 0; i < records_per_burst; ++i) {
      const std::uint64_t begin = ticks();
      log_one(peer, event[i]);
      calls.push_back(elapsed(begin));
    }
  });
  over_bursts([&](const Shape* event) {
    const std::uint64_t begin = ticks();
    for (int i = 0; i < records_per_burst; ++i) log_one(peer, event[i]);
    bursts.push_back(elapsed(begin) / records_per_burst);
  });
  peer.finish();
  for (auto* samples : {&calls, &bursts, &entries, &timer}) std::sort(samples->begin(), samples->end());
  fmt::print(
      "{{\"lines\":{},\"burst_p50\":{:.1f},\"burst_p99\":{:.1f},\"call_p50\":{:.1f},\"call_p99\":{:.1f},"
      "\"call_p999\":{:.1f},\"call_max\":{:.0f},\"enter_p50\":{:.1f},\"enter_p99\":{:.1f},\"timer_ns\":{:.1f}"
      ",\"peak_rss_kb\":{}}}\n",
      warm_up + static_cast<std::int64_t>(2 * calls.size()), quantile(bursts, .5), quantile(bursts, .99),
      quantile(calls, .5), quantile(calls, .99), quantile(calls, .999), calls.back(), quantile(entries, .5),
      quantile(entries, .99), quantile(timer, .5), peak_rss_kb());
}

struct skipped {
  std::string_view why;
};

template <class Shape, class Peer, class Context>
void measure(Peer& peer, const options& o, const std::vector<Context>& contexts) {
  if constexpr (requires(const Shape& event) { peer.log(event); }) {
    if (o.check) return check<Shape>(peer, o, contexts);
    if (o.burst) return latency<Shape>(peer, o, contexts);
    return throughput<Shape>(peer, o, contexts);
  } else {
    throw skipped{"does not write this shape"};
  }
}

/// A call below the level, less an empty one.
template <class Peer>
void disabled(Peer& peer) {
  if constexpr (requires(const order& event) { peer.log_disabled(event); }) {
    struct nothing {
      void log(const order&) { asm volatile("" ::: "memory"); }
    } empty;
    struct below {
      Peer& peer;
      void log(const order& event) { peer.log_disabled(event); }
    } disabled{peer};
    const auto time = [](auto& target) {
      const auto& all = events<order>();
      double least = 1e9;
      for (int round = 0; round < 7; ++round) {
        const double begin = now_ns();
        for (std::size_t i = 0; i < 2'000'000; ++i) log_one(target, all[i & 511]);
        least = std::min(least, (now_ns() - begin) / 2e6);
      }
      return least;
    };
    const double call = time(disabled), nothing_ns = time(empty);
    peer.finish();
    fmt::print("{{\"lines\":0,\"caller_ns\":{:.2f},\"empty_ns\":{:.2f}}}\n", std::max(0.0, call - nothing_ns),
               nothing_ns);
  } else {
    throw skipped{"has no call below the level here"};
  }
}

template <class Peer, std::size_t Count>
void with_variables(Peer& peer, const options& o) {
  if constexpr (requires(const variables<Count>& v) { peer.enter(v); }) {
    variables<Count> some;
    for (std::size_t i = 0; i < Count; ++i) some.values[i] = fmt::format("value-{:06}", i * 7919);
    measure<order>(peer, o, std::vector{some});
  } else {
    throw skipped{"is not asked for other contexts"};
  }
}

template <class Peer, std::size_t... Counts>
void with_variables(Peer& peer, const options& o, std::size_t count, std::index_sequence<Counts...>) {
  if (!((count == Counts && (with_variables<Peer, Counts>(peer, o), true)) || ...))
    fail("context_N and unwritten_N: N is 0, 1, 2, 3, 4, 8, 16 or 32");
}

template <class Peer, std::size_t Size = 1>
void with_numbers(Peer& peer, const options& o, std::size_t count) {
  if (count == Size) return measure<numbers<Size>>(peer, o, requests());
  if constexpr (Size < 64)
    with_numbers<Peer, 2 * Size>(peer, o, count);
  else
    fail("numbers_N: N is a power of two up to 64");
}

template <class Peer>
void run(const options& o) {
  if (o.async ? !Peer::async : !Peer::sync)
    throw skipped{o.async ? "has no asynchronous mode" : "has no synchronous mode"};
  if (std::filesystem::is_regular_file(o.output)) std::filesystem::remove(o.output);  // some peers append
  const bool alone = o.threads == 1;
  if (alone) pin(1);
  Peer peer(o);
  if (alone) pin(0);
  if (o.shape == "order") return measure<order>(peer, o, requests());
  if (o.shape == "ping") return measure<ping>(peer, o, requests());
  if (o.shape == "measurement") return measure<measurement>(peer, o, requests());
  if (o.shape == "report") return measure<report>(peer, o, requests());
  if (o.shape == "disabled") return disabled(peer);
  const auto count = [&](std::string_view prefix) -> std::optional<std::size_t> {
    if (!o.shape.starts_with(prefix)) return std::nullopt;
    return std::stoul(o.shape.substr(prefix.size()));
  };
  if (const auto size = count("numbers_")) return with_numbers(peer, o, *size);
  for (const auto* const shape : {"context_", "unwritten_"})
    if (const auto size = count(shape))
      return with_variables(peer, o, *size, std::index_sequence<0, 1, 2, 3, 4, 8, 16, 32>());
  fail("unknown shape");
}

/// The main() of a peer.
template <class Peer>
int main(int argc, char** argv) {
  const options parsed = parse(argc, argv);
  try {
    run<Peer>(parsed);
  } catch (const skipped& reason) {
    fmt::print("{{\"skipped\":\"{}\"}}\n", reason.why);
  }
  return 0;
}

}  // namespace bench
