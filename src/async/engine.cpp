// Starting, waking and ending the asynchronous pipeline.
// SPDX-License-Identifier: MIT
#include "async/engine.hpp"

#include <fmt/format.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <thread>

#include "async/caller.hpp"
#include "async/consumer.hpp"
#include "async/futex.hpp"
#include "async/recovery.hpp"
#include "diagnostics.hpp"
#include "quiet_thread.hpp"

namespace ctxlog::detail {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t dictionary_bytes = 512 * 1024;

// What a thread has under way between reading its clock and publishing the record.
constexpr std::chrono::nanoseconds order_window = std::chrono::microseconds(50);

struct registry {
  std::mutex mutex;
  std::vector<std::weak_ptr<engine>> engines;
  pipeline_statistics ended;  // of those that are gone
  std::size_t ending = 0;     // those that nobody owns any more and that are not in `ended` yet
};

// Never destroyed: engines end in static destructors too.
registry& the_registry() {
  static registry& instance = *new registry;
  return instance;
}

void forget_expired(registry& known) {
  known.ending += std::erase_if(known.engines, [](const auto& each) { return each.expired(); });
}

file_layout layout_of(const async_pipeline& options) {
  const std::size_t queues =
      std::max<std::size_t>(1, options.memory_bytes / (options.queue_bytes + page_bytes));
  return {static_cast<std::uint32_t>(queues), static_cast<std::uint32_t>(options.queue_bytes),
          dictionary_bytes};
}

queue_file make_file(const async_pipeline& options) {
  const file_layout layout = layout_of(options);
  if (options.crash_safe) {
    try {
      return queue_file::create(layout, queue_directory(options.directory));
    } catch (const std::exception& e) {
      report(fmt::format("{}; what is in the log queues will not outlive a crash", e.what()));
    }
  }
  return queue_file::in_memory(layout);
}

// Lets the engine look at what others wrote before it sleeps, at no cost for them.
bool barrier_for_all_threads(int command) noexcept { return ::syscall(SYS_membarrier, command, 0, 0) == 0; }

// No function static: a child of fork() could inherit its guard locked.
enum class barrier_state : std::uint8_t { unknown, registered, missing };
constinit std::atomic<barrier_state> barrier{barrier_state::unknown};

bool has_barrier() noexcept {
  if (barrier.load(std::memory_order_relaxed) == barrier_state::unknown) {
    const bool registered = barrier_for_all_threads(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
    barrier.store(registered ? barrier_state::registered : barrier_state::missing, std::memory_order_relaxed);
  }
  return barrier.load(std::memory_order_relaxed) == barrier_state::registered;
}

void add(pipeline_statistics& sum, const pipeline_statistics& more) {
  sum.accepted += more.accepted;
  sum.delivered += more.delivered;
  sum.pending += more.pending;
  sum.dropped += more.dropped;
  sum.recovered += more.recovered;
  for (const dropped_records& each : more.dropped_by) {
    const auto same = std::find_if(sum.dropped_by.begin(), sum.dropped_by.end(), [&](const auto& known) {
      return known.reason == each.reason && known.level == each.level;
    });
    if (same != sum.dropped_by.end())
      same->count += each.count;
    else
      sum.dropped_by.push_back(each);
  }
}

}  // namespace

void check(const async_pipeline& options) {
  constexpr std::size_t least = 16 * 1024, most = 64 * 1024 * 1024;
  if (!std::has_single_bit(options.queue_bytes) || options.queue_bytes < least || options.queue_bytes > most)
    throw std::invalid_argument(
        fmt::format("async_pipeline: queue_bytes is {}, expected a power of two from {} to {}",
                    options.queue_bytes, least, most));
  constexpr std::size_t most_memory = std::size_t{4} << 30;
  if (options.memory_bytes > most_memory)
    throw std::invalid_argument(fmt::format("async_pipeline: memory_bytes is {}, expected at most {}",
                                            options.memory_bytes, most_memory));
  if (options.block_timeout.count() < 0)
    throw std::invalid_argument(fmt::format("async_pipeline: block_timeout is {} ms, expected 0 or more",
                                            options.block_timeout.count()));
}

engine::engine(const async_pipeline& options) : options_(options), file_(make_file(options)), sites_(file_) {}

std::shared_ptr<engine> engine::start(const async_pipeline& options) {
  auto made = std::make_shared<engine>(options);
  {
    const std::lock_guard lock(the_registry().mutex);
    forget_expired(the_registry());
    the_registry().engines.push_back(made);
  }
  start_quiet_thread("ctxlog", [made] { made->run(); });
  return made;
}

engine::~engine() {
  pipeline_statistics last;
  add_statistics(last);
  for (auto& slot : slots_) file_.unmap_queue(slot.held->mapped());
  const std::lock_guard lock(the_registry().mutex);
  forget_expired(the_registry());
  add(the_registry().ended, last);
  if (the_registry().ending != 0) --the_registry().ending;  // 0: it was never listed
}

queue* engine::take_queue() noexcept {
  try {
    const std::lock_guard lock(mutex_);
    const auto free = std::find_if(slots_.begin(), slots_.end(), [](const queue_slot& slot) {
      return !slot.taken && slot.held->is_delivered();
    });
    if (free != slots_.end()) {
      free->taken = true;
      free->held->start_again();
      return free->held.get();
    }
    if (slots_.size() == file_.layout().queue_count) return nullptr;
    const queue_file::ring mapped = file_.map_queue(slots_.size());
    if (!mapped.head) return nullptr;
    slots_.push_back({std::make_unique<queue>(*this, mapped), true});
    slots_in_use_.store(static_cast<std::uint32_t>(slots_.size()), std::memory_order_release);
    return slots_.back().held.get();
  } catch (...) {  // out of memory
    return nullptr;
  }
}

void engine::leave(queue& left) noexcept {
  {
    const std::lock_guard lock(mutex_);
    for (auto& slot : slots_)
      if (slot.held.get() == &left) slot.taken = false;
  }
  if (closing_.load(std::memory_order_relaxed)) wake();
}

void engine::wake() noexcept {
  for (auto* const word : {&sleeps_light_, &sleeps_deep_})
    if (word->load(std::memory_order_seq_cst) != 0 && word->exchange(0, std::memory_order_seq_cst) != 0)
      wake_all(*word);
}

void engine::wait_for_delivery() noexcept {
  wake();
  std::this_thread::sleep_for(std::chrono::microseconds(50));
}

bool engine::drain(clock::time_point deadline) noexcept {
  if (is_lost() || is_engine_thread()) return true;
  const std::uint32_t mine = drains_asked_.fetch_add(1, std::memory_order_seq_cst) + 1;
  while (true) {
    const std::uint32_t done = drains_done_.load(std::memory_order_acquire);
    if (static_cast<std::int32_t>(done - mine) >= 0) return true;
    const auto left = deadline - clock::now();
    if (left <= clock::duration::zero()) return false;
    wake();
    constexpr std::chrono::nanoseconds slice = std::chrono::milliseconds(1);
    wait_while(drains_done_, done, std::min<std::chrono::nanoseconds>(left, slice));
  }
}

void engine::close() noexcept {
  closing_.store(true, std::memory_order_release);
  wake();
}

void engine::count_dropped(drop_reason reason, level l) noexcept {
  dropped_[static_cast<std::size_t>(reason)][static_cast<std::size_t>(l)].fetch_add(
      1, std::memory_order_relaxed);
  dropped_more_.store(true, std::memory_order_relaxed);
}

void engine::add_statistics(pipeline_statistics& sum) noexcept {
  pipeline_statistics mine;
  mine.delivered = delivered_.load(std::memory_order_relaxed);
  mine.recovered = recovered_.load(std::memory_order_relaxed);
  for (std::size_t reason = 0; reason < dropped_.size(); ++reason)
    for (std::size_t l = 0; l < dropped_[reason].size(); ++l) {
      const std::uint64_t count = dropped_[reason][l].load(std::memory_order_relaxed);
      if (count == 0) continue;
      mine.dropped += count;
      mine.dropped_by.push_back({static_cast<drop_reason>(reason), static_cast<level>(l), count});
    }
  {
    const std::lock_guard lock(mutex_);
    for (const auto& slot : slots_) mine.accepted += slot.held->records_accepted();
  }
  mine.pending = mine.accepted - std::min(mine.accepted, mine.delivered + mine.dropped);
  add(sum, mine);
}

void engine::lose() noexcept {
  lost_.store(true, std::memory_order_relaxed);
  file_.forget();
}

void engine::run() noexcept {
  enter_engine_thread();
  if (!file_.path().empty())
    recovered_.fetch_add(recover_predecessors(file_.path()), std::memory_order_relaxed);
  consumer reader(*this);
  constexpr auto first_sleep = std::chrono::microseconds(100), long_sleep = std::chrono::microseconds(1000);
  constexpr auto awake = std::chrono::milliseconds(20);
  auto last_record = clock::now();
  while (true) {
    const std::uint32_t asked = drains_asked_.load(std::memory_order_seq_cst);
    const bool draining = asked != drains_done_.load(std::memory_order_relaxed);
    const bool closing = closing_.load(std::memory_order_acquire);
    const std::size_t records =
        reader.round(draining || closing ? std::chrono::nanoseconds(0) : order_window);
    reader.announce_dropped(draining || closing);
    if (draining) {
      drains_done_.store(asked, std::memory_order_release);
      wake_all(drains_done_);
      continue;
    }
    if (records != 0) {
      last_record = clock::now();
      continue;
    }
    if (closing && !has_taken_queue() && !reader.has_pending()) return;
    const auto idle = clock::now() - last_record;
    if (idle < awake)
      sleep(reader, idle < std::chrono::milliseconds(1) ? first_sleep : long_sleep, false);
    else
      sleep(reader, std::chrono::hours(1), true);
  }
}

bool engine::has_taken_queue() noexcept {
  const std::lock_guard lock(mutex_);
  return std::any_of(slots_.begin(), slots_.end(), [](const queue_slot& slot) { return slot.taken; });
}

// Callers wake the thread from a deep sleep only, when they see that it is asleep.
void engine::sleep(const consumer& reader, std::chrono::nanoseconds most, bool deep) noexcept {
  auto& sleeps = deep ? sleeps_deep_ : sleeps_light_;
  sleeps.store(1, std::memory_order_seq_cst);
  if (deep) {
    // Either this thread sees what a caller published, or that caller sees that it is asleep.
    if (!has_barrier() || !barrier_for_all_threads(MEMBARRIER_CMD_PRIVATE_EXPEDITED))
      most = std::chrono::milliseconds(100);
  }
  // What callers write during a light sleep waits for its end.
  const bool nothing_new = drains_asked_.load(std::memory_order_seq_cst) == drains_done_.load() &&
                           (!deep || (!reader.has_pending() && slots_in_use_.load() == reader.slots_seen()));
  if (nothing_new) wait_while(sleeps, 1, most);
  sleeps.store(0, std::memory_order_seq_cst);
}

std::vector<std::shared_ptr<engine>> live_engines() noexcept {
  std::vector<std::shared_ptr<engine>> result;
  try {
    const std::lock_guard lock(the_registry().mutex);
    for (const auto& each : the_registry().engines)
      if (auto alive = each.lock(); alive && !alive->is_lost()) result.push_back(std::move(alive));
  } catch (...) {  // out of memory
  }
  return result;
}

bool drain_engines(clock::time_point deadline) noexcept {
  bool all = true;
  for (const auto& each : live_engines()) all = each->drain(deadline) && all;
  return all;
}

pipeline_statistics pipeline_account() {
  while (true) {
    const auto alive = live_engines();
    pipeline_statistics sum;
    for (const auto& each : alive) each->add_statistics(sum);
    const std::lock_guard lock(the_registry().mutex);
    forget_expired(the_registry());
    // One that ends just now is in neither account.
    if (the_registry().ending != 0) {
      std::this_thread::yield();
      continue;
    }
    add(sum, the_registry().ended);
    return sum;
  }
}

namespace {
constinit std::vector<std::shared_ptr<engine>>* locked_for_fork = nullptr;
}

void lock_engines() noexcept {
  auto engines = live_engines();
  the_registry().mutex.lock();
  for (const auto& each : engines) each->lock_for_fork();
  locked_for_fork = new (std::nothrow) std::vector<std::shared_ptr<engine>>(std::move(engines));
}

void unlock_engines() noexcept {
  const std::unique_ptr<std::vector<std::shared_ptr<engine>>> held(std::exchange(locked_for_fork, nullptr));
  if (held)
    for (const auto& each : *held) each->unlock_after_fork();
  the_registry().mutex.unlock();
}

void lose_engines() noexcept {
  if (locked_for_fork)
    for (const auto& each : *locked_for_fork) {
      each->lose();
      // Its thread, which is not here, would be the last owner: it is never freed in this process.
      new (std::nothrow) std::shared_ptr<engine>(each);
    }
  forget_expired(the_registry());
  the_registry().ending = 0;  // their destructors run in the parent only
  leave_queue_behind();
}

}  // namespace ctxlog::detail
