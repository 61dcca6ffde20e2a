// The thread's context and the nodes it is made of.
// SPDX-License-Identifier: MIT
#include "ctxlog/context.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <string>

#include "context_debug.hpp"
#include "ctxlog/fiber.hpp"
#include "current_stack.hpp"
#include "serial.hpp"

namespace ctxlog {
namespace detail {
namespace {

// Longer chains are flattened, which bounds what unreset sets retain and what a search for an ancestor costs.
constexpr std::uint32_t longest_chain = 16;

// Numbers are handed to threads in blocks, so that a new content touches no shared counter.
constexpr std::uint64_t serial_block = std::uint64_t{1} << 20;

// What one thread created less what it destroyed: a thread writes only its own record, without
// read-modify-write. Records are reused by later threads and never freed.
struct alignas(64) live_counts {
  std::atomic<std::int64_t> nodes{0};
  std::atomic<std::int64_t> cells{0};
  std::atomic<bool> taken{true};
  live_counts* next = nullptr;
};

// Trivially destructible and initial-exec as stacks_of_thread is.
struct thread_accounts {
  live_counts* counts = nullptr;
  std::uint64_t last_serial = 0;
};
[[gnu::tls_model("initial-exec")]] constinit thread_local thread_accounts accounts;

constinit live_counts
    shared_counts;  // of threads past their thread_local destructors, and when memory is short
constinit std::atomic<live_counts*> all_counts{&shared_counts};
constinit std::atomic<std::uint64_t> next_serial_block{1};
constinit std::atomic<std::uint32_t> next_variable_id{ambient_slot + 1};
constinit std::atomic<std::uint64_t> mismatches{0};
constinit std::atomic<mismatch_handler> current_mismatch_handler{nullptr};

// Names of the variables by id, for reports: those of later ids are unknown.
constinit std::array<std::atomic<const char*>, 1024> variable_names{};

node*& installed() noexcept { return active_stack().current; }

// Armed by the first value a thread creates: releases what unreset sets left, and gives the record back.
struct thread_exit {
  void arm() noexcept { armed = true; }
  ~thread_exit() {
    release(std::exchange(stacks_of_thread.own.current, nullptr));
    live_counts* const mine = std::exchange(accounts.counts, &shared_counts);
    if (mine != &shared_counts) mine->taken.store(false, std::memory_order_release);
  }
  bool armed = false;
};
thread_local thread_exit exiting;

live_counts* take_counts() noexcept {
  for (live_counts* known = all_counts.load(std::memory_order_acquire); known; known = known->next) {
    bool free = false;
    if (known->taken.compare_exchange_strong(free, true, std::memory_order_acquire)) return known;
  }
  const auto added = new (std::nothrow) live_counts;
  if (!added) return &shared_counts;
  added->next = all_counts.load(std::memory_order_relaxed);
  while (!all_counts.compare_exchange_weak(added->next, added, std::memory_order_release)) {}
  return added;
}

[[gnu::noinline]] live_counts* start_counting() noexcept {
  accounts.counts = take_counts();
  exiting.arm();
  return accounts.counts;
}

void count(std::atomic<std::int64_t> live_counts::*what, std::int64_t change) noexcept {
  live_counts* const mine = accounts.counts ? accounts.counts : start_counting();
  std::atomic<std::int64_t>& total = mine->*what;
  if (mine == &shared_counts) {
    total.fetch_add(change, std::memory_order_relaxed);
  } else {
    total.store(total.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
  }
}

std::int64_t sum(std::atomic<std::int64_t> live_counts::*what) noexcept {
  std::int64_t total = 0;
  for (const live_counts* known = all_counts.load(std::memory_order_acquire); known; known = known->next) {
    total += (known->*what).load(std::memory_order_relaxed);
  }
  return total;
}

// The only owner needs no read-modify-write: nobody else is left to take a reference.
bool drop_last(std::atomic<std::uint32_t>& counter) noexcept {
  return counter.load(std::memory_order_acquire) == 1 || counter.fetch_sub(1, std::memory_order_acq_rel) == 1;
}

// Who holds `held` references needs none either while these are all.
void recount(std::atomic<std::uint32_t>& counter, std::uint32_t held, std::uint32_t wanted) noexcept {
  if (counter.load(std::memory_order_acquire) == held)
    counter.store(wanted, std::memory_order_relaxed);
  else
    counter.fetch_add(wanted - held, std::memory_order_acq_rel);
}

cell** slots_of(node* owner) noexcept { return reinterpret_cast<cell**>(owner + 1); }
std::uint32_t* bound_of(node* owner) noexcept {
  return reinterpret_cast<std::uint32_t*>(slots_of(owner) + owner->size);
}

// So many pointers take as much room as the ids of what a node bound.
std::size_t pointers_for(std::size_t ids) noexcept {
  constexpr std::size_t ids_each = sizeof(void*) / sizeof(std::uint32_t);
  return (ids + ids_each - 1) / ids_each;
}
node** lineage_of(node* owner) noexcept {
  return reinterpret_cast<node**>(slots_of(owner) + owner->size + pointers_for(owner->bound_size));
}
node* const* lineage_of(const node* owner) noexcept { return lineage_of(const_cast<node*>(owner)); }

bool binds(const node* owner, std::uint32_t id) noexcept {
  const auto bound = owner->bound();
  return std::find(bound.begin(), bound.end(), id) != bound.end();
}

void release_bound(const node* owner) noexcept {
  for (const std::uint32_t id : owner->bound()) release(owner->cells()[id]);
}

bool is_open(const node* owner) noexcept {
  return owner->state.load(std::memory_order_acquire) == binding_state::open;
}

void unwatch(node* watched) noexcept {
  if (watched && drop_last(watched->watchers)) ::operator delete(watched);
}

void drop_content(node* dead) noexcept {
  if (!dead->flat) {
    release_bound(dead);
    return;
  }
  std::for_each_n(slots_of(dead), dead->size, [](const cell* held) { release(held); });
  std::for_each_n(lineage_of(dead), dead->lineage_size, unwatch);
}

// Whose last owner is gone. A loop, not a recursion over the parents: chains may be freed where little stack is left.
[[gnu::noinline]] void destroy(node* dead) noexcept {
  do {
    node* const parent = dead->parent;
    drop_content(dead);
    unwatch(dead);
    count(&live_counts::nodes, -1);
    dead = parent;
  } while (dead && drop_last(dead->references));
}

// Calls `visit` for every ancestor of `from`, itself included, that the chain or a flattened lineage still
// knows, newest first, until `visit` returns true; returns whether it did.
template <class Visit>
bool any_in_lineage(const node* from, Visit visit) {
  for (; from; from = from->parent) {
    if (visit(from)) return true;
    if (std::any_of(lineage_of(from), lineage_of(from) + from->lineage_size, visit)) return true;
  }
  return false;
}

void inherit_lineage(node* made, const node* base) noexcept {
  node** next = lineage_of(made);
  any_in_lineage(base, [&](const node* ancestor) {
    if (next == lineage_of(made) + made->lineage_size) return true;
    if (is_open(ancestor)) {
      *next = const_cast<node*>(ancestor);
      (*next++)->watchers.fetch_add(1, std::memory_order_relaxed);
    }
    return false;
  });
  made->lineage_size = static_cast<std::uint32_t>(next - lineage_of(made));
}

// What the calling thread has installed, which is its only reference there.
node* share_installed(const node* installed_here) noexcept {
  const auto counted = const_cast<node*>(installed_here);
  if (counted) recount(counted->references, 1, 2);
  return counted;
}

// A node that differs from `base` in the slots that are bound, with room for a lineage. Takes the references to their
// values, also when it returns null because memory ran out.
node* make_node(const node* base, std::span<const slot_value> bound, bool flat, std::uint32_t lineage_size,
                binding_state initial) noexcept {
  const std::uint32_t inherited = base ? base->size : 0;
  std::uint32_t size = inherited;
  for (const slot_value& b : bound) size = std::max(size, b.id + 1);
  const std::size_t pointers = std::size_t{size} + pointers_for(bound.size()) + lineage_size;
  void* const memory = ::operator new(sizeof(node) + pointers * sizeof(void*), std::nothrow);
  if (!memory) {
    for (const slot_value& b : bound) release(b.value);
    return nullptr;
  }
  const auto made = new (memory) node;
  made->state.store(initial, std::memory_order_relaxed);
  made->serial = next_serial();
  made->size = size;
  made->bound_size = static_cast<std::uint32_t>(bound.size());
  made->flat = flat;
  made->parent = flat ? nullptr : share_installed(base);
  made->depth = flat || !base ? 0 : base->depth + 1;
  made->lineage_size = lineage_size;
  if (inherited) std::memcpy(slots_of(made), base->cells(), inherited * sizeof(cell*));
  for (std::uint32_t i = inherited; i < size; ++i) slots_of(made)[i] = nullptr;
  std::uint32_t* next = bound_of(made);
  for (const slot_value& b : bound) {
    slots_of(made)[b.id] = b.value;
    *next++ = b.id;
  }
  if (flat) {
    for (std::uint32_t i = 0; i != inherited; ++i)
      if (!binds(made, i)) share(slots_of(made)[i]);
  }
  count(&live_counts::nodes, 1);
  return made;
}

// The same on top of `base`, whose open bindings find themselves in its lineage, also when a long chain is flattened.
node* derive(const node* base, std::span<const slot_value> bound, binding_state initial) noexcept {
  const bool flat = base && base->depth == longest_chain;
  std::uint32_t open_ancestors = 0;
  if (flat)
    any_in_lineage(base, [&](const node* ancestor) { return open_ancestors += is_open(ancestor), false; });
  node* const made = make_node(base, bound, flat, open_ancestors, initial);
  if (made && flat) inherit_lineage(made, base);
  return made;
}

binding bind_slots(std::span<const slot_value> bound, const char* name) {
  node*& current_here = installed();
  node* const own = derive(current_here, bound, binding_state::open);
  if (!own) throw std::bad_alloc();
  own->watchers.store(2, std::memory_order_relaxed);
  return {own, std::exchange(current_here, own), name};
}

binding bind_slot(std::uint32_t id, cell* value, const char* name) {
  return bind_slots(std::array{slot_value{id, value}}, name);
}

// Of several values for one slot the last.
std::span<const slot_value> last_of_each(std::span<slot_value> bound) noexcept {
  auto kept = bound.begin();
  for (auto each = bound.begin(); each != bound.end(); ++each) {
    const bool comes_again =
        std::any_of(each + 1, bound.end(), [&](const slot_value& later) { return later.id == each->id; });
    if (comes_again)
      release(each->value);
    else
      *kept++ = *each;
  }
  return {bound.begin(), kept};
}

// What slot `id` held in `before`, leaving out bindings that were undone since: a value whose scope has ended
// must not come back. Where flattening lost the older values, the answer is none.
cell* surviving_value(const node* before, std::uint32_t id) noexcept {
  const cell* given_back = nullptr;  // whether it survives is known where it was bound, further down
  const auto state_of = [](const node* binder) { return binder->state.load(std::memory_order_acquire); };
  for (; before; before = before->parent) {
    const cell* const held = slot(before, id);
    const bool binds_it = binds(before, id);
    if (binds_it && state_of(before) == binding_state::restored) {
      if (!given_back && !held) return nullptr;
      if (!given_back) given_back = held;
    } else if (binds_it && (!given_back || held == given_back)) {
      if (state_of(before) != binding_state::undone) return const_cast<cell*>(held);
      given_back = nullptr;
      continue;
    }
    if (!before->flat) continue;
    const cell* const value = given_back ? given_back : held;
    const auto end = lineage_of(before) + before->lineage_size;
    const auto binder = std::find_if(lineage_of(before), end, [&](const node* ancestor) {
      return binds(ancestor, id) && ancestor->cells()[id] == value;
    });
    return binder != end && state_of(*binder) == binding_state::undone ? nullptr : const_cast<cell*>(value);
  }
  return nullptr;
}

// Whether nothing is bound but what `undone` bound, and nothing open can want to find itself in the lineage.
bool is_spent(const node* current, const node* undone) noexcept {
  for (std::uint32_t i = 0; i != current->size; ++i) {
    if (current->cells()[i] && !binds(undone, i)) return false;
  }
  return !any_in_lineage(current, is_open);
}

void report_mismatch(mismatch_kind kind, const char* name) noexcept {
  mismatches.fetch_add(1, std::memory_order_relaxed);
  if (const mismatch_handler handler = current_mismatch_handler.load(std::memory_order_acquire)) {
    handler({kind, name});
  }
  if (debugging()) print_mismatch({kind, name});
}

// Undoes a binding that is not the newest one: gives only its own slots back.
bool undo_out_of_order(const binding& undone) noexcept {
  node* const abandoned = installed();
  const auto ids = undone.own->bound();
  const auto survives = [&](std::uint32_t id) { return surviving_value(undone.previous, id) != nullptr; };
  node* next = nullptr;
  if (!is_spent(abandoned, undone.own) || std::any_of(ids.begin(), ids.end(), survives)) {
    next = share(abandoned);
    for (const std::uint32_t id : ids) {
      const slot_value restored{id, share(surviving_value(undone.previous, id))};
      node* const derived = derive(next, std::span(&restored, 1), binding_state::restored);
      release(next);
      if (!derived) return false;
      next = derived;
    }
  }
  installed() = next;
  release(abandoned);
  return true;
}

// Gives up the handle's hold on `used`; the binding stays where it is.
void forget(binding& used) noexcept {
  unwatch(std::exchange(used.own, nullptr));
  release(std::exchange(used.previous, nullptr));
}

// Undoes the newest binding, as most scopes do.
void undo_newest(binding& undone) noexcept {
  node* const own = undone.own;
  const bool is_known_to_others = own->references.load(std::memory_order_acquire) != 1 ||
                                  own->watchers.load(std::memory_order_acquire) != 2;
  if (is_known_to_others || own->flat) {
    own->state.store(binding_state::undone, std::memory_order_release);
    installed() = std::exchange(undone.previous, nullptr);
    release(own);
    forget(undone);
    return;
  }
  // Only this context and this binding know the node, and both of them its parent.
  if (own->parent) recount(own->parent->references, 2, 1);
  installed() = std::exchange(undone.previous, nullptr);
  undone.own = nullptr;
  release_bound(own);
  ::operator delete(own);
  count(&live_counts::nodes, -1);
}

// Undoes a binding in the calling thread's context and uses it up; false, with nothing changed, when that
// context does not stem from it.
bool undo(binding& undone) noexcept {
  node* const own = undone.own;
  if (installed() == own) {
    undo_newest(undone);
    return true;
  }
  if (!any_in_lineage(installed(), [own](const node* ancestor) { return ancestor == own; })) return false;
  own->state.store(binding_state::undone, std::memory_order_release);
  if (!undo_out_of_order(undone)) report_mismatch(mismatch_kind::out_of_memory, undone.name);
  forget(undone);
  return true;
}

}  // namespace

constinit thread_local thread_stacks stacks_of_thread{};
constinit std::atomic<context_storage* (*)() noexcept> find_storage{nullptr};

std::uint64_t next_serial() noexcept {
  if (accounts.last_serial % serial_block == 0) {
    accounts.last_serial = next_serial_block.fetch_add(1, std::memory_order_relaxed) * serial_block;
  }
  return ++accounts.last_serial;
}

cell::cell(void (*destroy_value)(cell*) noexcept) noexcept : destroy(destroy_value) {
  count(&live_counts::cells, 1);
}
cell::~cell() { count(&live_counts::cells, -1); }

stack_state& current_stack() noexcept { return active_stack(); }

const node* current_node() noexcept { return active_node(); }

node* exchange_current(node* next) noexcept { return std::exchange(installed(), next); }

stack_state* exchange_fiber(stack_state* next) noexcept {
  return std::exchange(stacks_of_thread.fiber, next);
}

void release(const cell* owned) noexcept {
  const auto counted = const_cast<cell*>(owned);
  if (counted && drop_last(counted->references)) counted->destroy(counted);
}

void release(const node* owned) noexcept {
  const auto counted = const_cast<node*>(owned);
  if (counted && drop_last(counted->references)) destroy(counted);
}

const void* stack_token() noexcept {
  const void* address = &active_stack();
  asm volatile("" : "+r"(address));
  return address;
}

std::uint32_t new_variable_id() noexcept { return next_variable_id.fetch_add(1, std::memory_order_relaxed); }

void name_variable(std::uint32_t id, const char* name) noexcept {
  if (id < variable_names.size()) variable_names[id].store(name, std::memory_order_relaxed);
}

const char* variable_name(std::uint32_t id) noexcept {
  if (id == ambient_slot) return "ambient fields";
  const char* const name =
      id < variable_names.size() ? variable_names[id].load(std::memory_order_relaxed) : nullptr;
  return name ? name : "a variable";
}

node* start_task(const node* base, std::span<const slot_value> bound) {
  node* const made = make_node(base, bound, true, 0, binding_state::kept);
  if (!made) throw std::bad_alloc();
  return made;
}

void throw_lookup_error(const char* name) {
  throw lookup_error("context variable '" + std::string(name) + "' has no value here and no default");
}

void report_guard_mismatch() noexcept { report_mismatch(mismatch_kind::guard_end, ""); }
void report_lost_context() noexcept { report_mismatch(mismatch_kind::lost_context, ""); }

std::int64_t live_nodes() noexcept { return sum(&live_counts::nodes); }
std::int64_t live_cells() noexcept { return sum(&live_counts::cells); }

slot_scope::slot_scope(std::uint32_t id, cell* value, const char* name)
    : binding_(bind_slot(id, value, name)) {}

slot_scope::slot_scope(std::span<slot_value> bound, const char* name)
    : binding_(bind_slots(last_of_each(bound), name)) {}

slot_scope::~slot_scope() {
  if (undo(binding_)) return;
  binding_.own->state.store(binding_state::kept, std::memory_order_release);
  report_mismatch(mismatch_kind::scope_end, binding_.name);
  forget(binding_);
}

slot_token::slot_token(std::uint32_t id, cell* value, const char* name)
    : binding_(bind_slot(id, value, name)) {}

slot_token::~slot_token() {
  if (binding_.own) binding_.own->state.store(binding_state::kept, std::memory_order_release);
  forget(binding_);
}

void slot_token::reset(std::uint32_t id, const char* name) {
  if (!binding_.own)
    throw token_error("the token of context variable '" + std::string(name) + "' was used already");
  if (!binds(binding_.own, id)) {
    throw token_error("a token of context variable '" + std::string(binding_.name) + "' cannot reset '" +
                      name + "'");
  }
  if (!undo(binding_)) report_mismatch(mismatch_kind::token_reset, binding_.name);
}

}  // namespace detail

void set_context_storage(context_storage* (*find)() noexcept) noexcept {
  detail::find_storage.store(find, std::memory_order_release);
}

mismatch_handler set_mismatch_handler(mismatch_handler handler) noexcept {
  return detail::current_mismatch_handler.exchange(handler, std::memory_order_acq_rel);
}

std::uint64_t mismatch_count() noexcept { return detail::mismatches.load(std::memory_order_relaxed); }

}  // namespace ctxlog
