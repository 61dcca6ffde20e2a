// The context of a task: an immutable snapshot of typed variables that follows the work.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "ctxlog/export.hpp"

namespace ctxlog {

/// Thrown by context_var::get() when the variable has neither a value nor a default. The text names the
/// variable.
class CTXLOG_API lookup_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Thrown by context_var::reset() for a token that was used already or that belongs to another variable.
class CTXLOG_API token_error : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

namespace detail {

/// Slot of the ambient fields. Variables get ids from 1 on, so that 0 in a variable means "never bound".
inline constexpr std::uint32_t ambient_slot = 0;

/// A counted, type-erased value; immutable from the moment it is bound. Starts with one reference, held by
/// its maker.
struct CTXLOG_API cell {
  explicit cell(void (*destroy_value)(cell*) noexcept) noexcept;
  cell(const cell&) = delete;
  cell& operator=(const cell&) = delete;
  ~cell();

  std::atomic<std::uint32_t> references{1};
  void (*destroy)(cell*) noexcept;
};

template <class T>
struct cell_of : cell {
  template <class... Args>
  explicit cell_of(Args&&... args)
      : cell([](cell* self) noexcept { delete static_cast<cell_of*>(self); }),
        value(std::forward<Args>(args)...) {}

  T value;
};

enum class binding_state : std::uint8_t {
  open,      // a scope or token can still undo it
  kept,      // nobody can undo it: the token was dropped
  undone,    // its variables went back to the earlier values
  restored,  // no binding: it gave variables back what they had before one that was undone out of order
};

/// One state of a context. Everything below `immutable from here` never changes after publication.
/// The counters are a cache line away from the slots: readers of a context that others capture do not wait
/// for them.
struct node {
  std::atomic<std::uint32_t> references{1};  // owners of the content: values and parent
  std::atomic<std::uint32_t> watchers{
      1};  // owners of the memory: the content's owners together, bindings, lineages
  std::atomic<binding_state> state;
  std::byte cache_line_distance[64 - 3 * sizeof(std::uint32_t)];

  // immutable from here
  node* parent;  // null for a flat node
  std::uint64_t serial;
  std::uint32_t depth;         // ancestors reachable through `parent`
  std::uint32_t size;          // slots; their array follows the node
  std::uint32_t bound_size;    // slots that this node bound, or unbound; their ids follow the slots
  std::uint32_t lineage_size;  // a flat node's ancestors that can still be undone; they follow the ids
  bool flat;                   // owns every slot instead of those it bound only

  cell* const* cells() const noexcept { return reinterpret_cast<cell* const*>(this + 1); }
  std::span<const std::uint32_t> bound() const noexcept {
    return {reinterpret_cast<const std::uint32_t*>(cells() + size), bound_size};
  }
};

class nested_drive;
class variable_reader;

/// What belongs to one stack, which may move between threads.
struct stack_state {
  node* current = nullptr;                  // owned
  nested_drive* innermost_drive = nullptr;  // on this stack
};

/// Of what the caller runs on: the thread, the fiber that its scheduler announced, or the task of an engine
/// (fiber.hpp).
CTXLOG_API stack_state& current_stack() noexcept;

/// The calling thread's node, borrowed: valid until this thread changes its context. Null is the empty
/// context.
CTXLOG_API const node* current_node() noexcept;

/// Installs `next` (whose reference it takes) on the calling thread; the caller owns the node that is
/// returned.
CTXLOG_API node* exchange_current(node* next) noexcept;

CTXLOG_API void release(const node* owned) noexcept;
CTXLOG_API void release(const cell* owned) noexcept;

inline node* share(const node* shared) noexcept {
  if (!shared) return nullptr;
  const auto counted = const_cast<node*>(shared);
  counted->references.fetch_add(1, std::memory_order_relaxed);
  return counted;
}

inline cell* share(const cell* shared) noexcept {
  if (!shared) return nullptr;
  const auto counted = const_cast<cell*>(shared);
  counted->references.fetch_add(1, std::memory_order_relaxed);
  return counted;
}

/// What `owner` holds for variable `id`, borrowed; null when unbound. Async-signal-safe.
inline const cell* slot(const node* owner, std::uint32_t id) noexcept {
  return owner && id < owner->size ? owner->cells()[id] : nullptr;
}

/// Number of a context's content: 0 is the empty context; contents that differ never share a number within a
/// process.
inline std::uint64_t serial_of(const node* owner) noexcept { return owner ? owner->serial : 0; }

/// Address of current_stack(), which identifies it while that lives. Unlike get_id(), compilers cannot carry
/// it over a coroutine's suspension (clang 14 does so: LLVM #47179, #63022).
CTXLOG_API const void* stack_token() noexcept;

/// A new variable id, never used again.
CTXLOG_API std::uint32_t new_variable_id() noexcept;

/// What reports call the variable; `name` must live for ever.
CTXLOG_API void name_variable(std::uint32_t id, const char* name) noexcept;
CTXLOG_API const char* variable_name(std::uint32_t id) noexcept;

/// What a slot is to hold.
struct slot_value {
  std::uint32_t id;
  cell* value;
};

/// The context of a task: holds `bound` (whose references it takes, also on failure), and for the rest what `base` does.
/// It does not stem from the scopes that are open in `base`. Throws std::bad_alloc.
[[nodiscard]] CTXLOG_API node* start_task(const node* base, std::span<const slot_value> bound);

[[noreturn]] CTXLOG_API void throw_lookup_error(const char* name);

CTXLOG_API void report_guard_mismatch() noexcept;
CTXLOG_API void report_lost_context() noexcept;

/// Contexts and values alive in this process, for tests of leaks. Exact when no other thread is changing
/// contexts.
CTXLOG_API std::int64_t live_nodes() noexcept;
CTXLOG_API std::int64_t live_cells() noexcept;

/// A binding that can be undone once; what scopes and tokens are made of.
struct binding {
  node* own = nullptr;       // watched; null once used up
  node* previous = nullptr;  // owned
  const char* name = nullptr;
};

/// Binds slots to values (whose references it takes, also on failure) until destroyed; of several values for
/// one slot the last counts. Only its own binding is undone: anything else that happened to the context
/// meanwhile stays. Destroyed in a context that does not stem from it, it does nothing and is counted
/// (mismatch_count()). Throws std::bad_alloc and leaves the context as it was.
class CTXLOG_API slot_scope {
 public:
  [[nodiscard]] slot_scope(std::uint32_t id, cell* value, const char* name = "ambient fields");
  [[nodiscard]] slot_scope(std::span<slot_value> bound, const char* name);
  slot_scope(const slot_scope&) = delete;
  slot_scope& operator=(const slot_scope&) = delete;
  ~slot_scope();

 private:
  binding binding_;
};

/// As slot_scope, but undone by reset() alone; dropped without it, the value stays in the context.
class CTXLOG_API slot_token {
 public:
  slot_token(std::uint32_t id, cell* value, const char* name);
  slot_token(slot_token&& other) noexcept : binding_(std::exchange(other.binding_, binding{})) {}
  slot_token& operator=(slot_token&& other) noexcept {
    std::swap(binding_, other.binding_);
    return *this;
  }
  ~slot_token();

  /// Throws token_error for a used or moved-from token, or one that is not of variable `id` (called `name`).
  void reset(std::uint32_t id, const char* name);

 private:
  binding binding_;
};

}  // namespace detail

/// Snapshot of the variables of a task. Immutable and shared: 8 bytes, a copy is one increment. Any thread
/// may hold, copy, run and destroy it; its values are destroyed on the thread that drops the last reference
/// to them.
class context {
 public:
  /// The empty context: no variable is bound.
  context() noexcept = default;
  context(const context& other) noexcept : node_(detail::share(other.node_)) {}
  context(context&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  context& operator=(context other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~context() {
    if (node_) detail::release(node_);
  }

  /// The context the calling thread is in now.
  [[nodiscard]] static context current() noexcept { return context(detail::share(detail::current_node())); }
  [[nodiscard]] static context empty() noexcept { return context(); }

  /// Calls `f` in this context and gives the thread its own context back, also when `f` throws. What `f`
  /// binds or sets ends with the call: the snapshot does not change (unlike Python's Context.run).
  template <class F, class... Args>
  decltype(auto) run(F&& f, Args&&... args) const&;

  /// The same, but gives the snapshot away: what it held can die as soon as `f` has replaced it.
  template <class F, class... Args>
  decltype(auto) run(F&& f, Args&&... args) &&;

  /// False for the empty context.
  explicit operator bool() const noexcept { return node_ != nullptr; }

  /// Whether both are the same snapshot; equal values bound separately make different snapshots.
  friend bool operator==(const context& a, const context& b) noexcept { return a.node_ == b.node_; }

  /// See detail::serial_of.
  std::uint64_t serial() const noexcept { return detail::serial_of(node_); }

  /// For ctxlog's own layers: the node, borrowed, given away, or taken over.
  const detail::node* node() const noexcept { return node_; }
  [[nodiscard]] detail::node* release() noexcept { return std::exchange(node_, nullptr); }
  [[nodiscard]] static context adopt(detail::node* owned) noexcept { return context(owned); }

 private:
  explicit context(detail::node* owned) noexcept : node_(owned) {}

  detail::node* node_ = nullptr;
};

namespace detail {

/// Installs `next` on the calling thread and returns what was there.
inline context exchange_current(context next) noexcept {
  return context::adopt(exchange_current(next.release()));
}

}  // namespace detail

/// Installs a snapshot on the calling thread until destroyed; the RAII form of context::run(). Guards of a
/// thread (or of a fiber, see fiber.hpp) nest like blocks. Destroyed on another one, a guard changes nothing
/// there and is counted (mismatch_count()).
class [[nodiscard]] context_guard {
 public:
  explicit context_guard(context installed) noexcept
      : previous_(detail::exchange_current(installed.release())), stack_(detail::stack_token()) {}
  context_guard(const context_guard&) = delete;
  context_guard& operator=(const context_guard&) = delete;
  ~context_guard() {
    if (stack_ == detail::stack_token()) {
      detail::release(detail::exchange_current(previous_));
    } else {
      detail::release(previous_);
      detail::report_guard_mismatch();
    }
  }

 private:
  detail::node* previous_;
  const void* stack_;
};

template <class F, class... Args>
decltype(auto) context::run(F&& f, Args&&... args) const& {
  context_guard guard(*this);
  return std::invoke(std::forward<F>(f), std::forward<Args>(args)...);
}

template <class F, class... Args>
decltype(auto) context::run(F&& f, Args&&... args) && {
  context_guard guard(std::move(*this));
  return std::invoke(std::forward<F>(f), std::forward<Args>(args)...);
}

/// RAII binding of variables: see context_var::bind() and bind(). Neither copied nor moved.
using scope = detail::slot_scope;

/// Undoes one context_var::set(). May be moved, dropped, and destroyed on any thread.
using token = detail::slot_token;

/// A value kept alive independently of the context it was found in. Any thread.
template <class T>
class pinned {
 public:
  pinned() noexcept = default;
  pinned(const pinned& other) noexcept : cell_(detail::share(other.cell_)), value_(other.value_) {}
  pinned(pinned&& other) noexcept
      : cell_(std::exchange(other.cell_, nullptr)), value_(std::exchange(other.value_, nullptr)) {}
  pinned& operator=(pinned other) noexcept {
    std::swap(cell_, other.cell_);
    std::swap(value_, other.value_);
    return *this;
  }
  ~pinned() {
    if (cell_) detail::release(cell_);
  }

  /// Null when the variable had neither a value nor a default.
  const T* get() const noexcept { return value_; }
  const T& operator*() const noexcept { return *value_; }
  const T* operator->() const noexcept { return value_; }
  explicit operator bool() const noexcept { return value_ != nullptr; }

 private:
  template <class>
  friend class context_var;
  pinned(const detail::cell* shared, const T* value) noexcept : cell_(detail::share(shared)), value_(value) {}

  detail::cell* cell_ = nullptr;
  const T* value_ = nullptr;
};

/// The part of a variable that does not depend on its type.
class context_var_base {
 public:
  context_var_base(const context_var_base&) = delete;
  context_var_base& operator=(const context_var_base&) = delete;

  const char* name() const noexcept { return name_; }

 protected:
  friend class detail::variable_reader;
  constexpr explicit context_var_base(const char* name) noexcept : name_(name) {}

  /// 0 until the first bind.
  std::uint32_t id() const noexcept { return id_.load(std::memory_order_relaxed); }
  std::uint32_t assigned_id() const noexcept {
    if (const std::uint32_t assigned = id()) return assigned;
    std::uint32_t unassigned = 0;
    const std::uint32_t fresh = detail::new_variable_id();
    if (!id_.compare_exchange_strong(unassigned, fresh, std::memory_order_relaxed)) return unassigned;
    detail::name_variable(fresh, name_);
    return fresh;
  }

 private:
  const char* name_;
  mutable std::atomic<std::uint32_t> id_{0};
};

/// A value for a variable, made by context_var::to() and bound by bind(). Dropped, it changes nothing.
class [[nodiscard]] assignment {
 public:
  assignment(assignment&& other) noexcept
      : slot_{other.slot_.id, std::exchange(other.slot_.value, nullptr)}, name_(other.name_) {}
  assignment& operator=(assignment&&) = delete;
  ~assignment() { detail::release(slot_.value); }

 private:
  template <class>
  friend class context_var;
  template <std::same_as<assignment>... Others>
  friend scope bind(assignment first, Others... others);

  assignment(std::uint32_t id, detail::cell* value, const char* name) noexcept
      : slot_{id, value}, name_(name) {}

  detail::slot_value take() noexcept { return {slot_.id, std::exchange(slot_.value, nullptr)}; }

  detail::slot_value slot_;
  const char* name_;
};

/// Binds several variables until the scope ends, in one step: cheaper than a scope for each. Of two values for
/// one variable the later counts. Strong guarantee, as of context_var::bind().
template <std::same_as<assignment>... Others>
[[nodiscard]] scope bind(assignment first, Others... others) {
  detail::slot_value bound[] = {first.take(), others.take()...};
  return scope(bound, first.name_);
}

/// Typed key into the context, the object itself, not its name: shared libraries that are to share a variable
/// share one exported definition. Give it static storage duration: `constinit` holds, and it has no
/// destructor, so it can be used from any static initialiser or destructor. Values are shared by threads and
/// therefore handed out const. Every member may be called from any thread and acts on the calling thread's
/// context.
template <class T>
class context_var : public context_var_base {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>,
                "a context variable holds a non-const object type");
  static constexpr bool can_default = std::is_trivially_destructible_v<T>;

 public:
  /// `name` must outlive the variable, as a literal does.
  consteval explicit context_var(const char* name) noexcept : context_var_base(name) {}

  /// With a value for contexts that bind none. Only for types without a destructor; for others use get_or().
  constexpr context_var(const char* name, T default_value) requires can_default
      : context_var_base(name),
        default_(std::move(default_value)) {}

  /// The value, else the default, else null. Borrowed: valid until this thread changes its context (bind,
  /// set, reset, run, a suspension). Async-signal-safe.
  const T* find() const noexcept { return value_in(detail::current_node()); }
  /// Borrowed from `snapshot`.
  const T* find(const context& snapshot) const noexcept { return value_in(snapshot.node()); }

  /// A copy of the value or default; throws lookup_error when there is none.
  T get() const {
    if (const T* value = find()) return *value;
    detail::throw_lookup_error(name());
  }
  T get_or(T alternative) const {
    const T* value = find();
    return value ? *value : std::move(alternative);
  }

  /// The value or default, kept alive by the result.
  pinned<T> pin() const noexcept {
    const detail::node* current = detail::current_node();
    return pinned<T>(detail::slot(current, id()), value_in(current));
  }

  /// Binds the value made of `args` until the scope ends; nested scopes of other variables are not disturbed,
  /// whatever the order they end in. Strong guarantee: on an exception the context is as before.
  template <class... Args>
  [[nodiscard]] scope bind(Args&&... args) const {
    return scope(assigned_id(), make_cell(std::forward<Args>(args)...), name());
  }

  /// The value made of `args`, for bind() of several variables.
  template <class... Args>
  assignment to(Args&&... args) const {
    return assignment(assigned_id(), make_cell(std::forward<Args>(args)...), name());
  }

  /// Binds what is held already, without a copy; unbinds when it holds nothing.
  [[nodiscard]] scope bind_pinned(const pinned<T>& value) const {
    return scope(assigned_id(), detail::share(value.cell_), name());
  }

  /// Sets the value for the rest of the task (to the end of the enclosing run, guard or scope of this
  /// variable; else of the thread). Dropping the token leaves the value set. Prefer bind(). Strong guarantee.
  token set(T value) const { return token(assigned_id(), make_cell(std::move(value)), name()); }

  /// Gives the variable the value it had before the set() that made the token. Throws token_error when the
  /// token was used already or is another variable's. In a context that does not stem from that set()
  /// (another thread, another task) it changes nothing, is counted (mismatch_count()), and the token stays
  /// usable.
  void reset(token& used) const { used.reset(id(), name()); }

 private:
  friend class detail::variable_reader;

  template <class... Args>
  static detail::cell* make_cell(Args&&... args) {
    return new detail::cell_of<T>(std::forward<Args>(args)...);
  }

  const T* value_in(const detail::node* owner) const noexcept {
    const std::uint32_t assigned = id();
    const detail::cell* held = assigned ? detail::slot(owner, assigned) : nullptr;
    if (held) return &static_cast<const detail::cell_of<T>*>(held)->value;
    if constexpr (can_default) {
      if (default_) return &*default_;
    }
    return nullptr;
  }

  struct no_default {};
  [[no_unique_address]] std::conditional_t<can_default, std::optional<T>, no_default> default_{};
};

/// What was attempted in a context it does not belong to.
enum class mismatch_kind : std::uint8_t {
  scope_end,     // a scope ended in a context that does not stem from it: its binding stays where it was made
  token_reset,   // a token was reset in a context that does not stem from its set()
  guard_end,     // a context_guard was destroyed on another thread or fiber
  lost_context,  // a coroutine_scope is not in its own context: the coroutine awaited something without it
  out_of_memory,  // while a scope or token was undone out of order: its value stays
};

struct mismatch_info {
  mismatch_kind kind;
  const char* name;  // of the variable, the first of several; empty for a guard and a coroutine_scope
};

using mismatch_handler = void (*)(const mismatch_info&) noexcept;

/// Called after each mismatch, on the thread where it happened, possibly in a destructor. Null (the default)
/// for none. Returns the previous handler. Any thread.
CTXLOG_API mismatch_handler set_mismatch_handler(mismatch_handler handler) noexcept;

/// Mismatches in this process so far. Each one is a bug in the program; none corrupts a context.
CTXLOG_API std::uint64_t mismatch_count() noexcept;

}  // namespace ctxlog
