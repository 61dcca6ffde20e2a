// Scopes: several variables at once, and ends in any order.
// SPDX-License-Identifier: MIT
#include <array>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "context.hpp"

namespace {

using context_test::clean_context;
using context_test::throws_from_constructor;
using ctxlog::context;
using ctxlog::context_var;

constinit context_var<std::string> request_id{"request_id"};
constinit context_var<int> user_id{"user_id", -1};
constinit const context_var<int> step{"step"};

TEST_CASE_METHOD(clean_context, "several variables are bound in one step and end together", "[ctx-3]") {
  const auto outer = user_id.bind(1);
  {
    const auto bound = ctxlog::bind(request_id.to(3u, 'r'), user_id.to(2));
    CHECK(request_id.get() == "rrr");
    CHECK(user_id.get() == 2);
    CHECK(step.find() == nullptr);
    const auto inner = ctxlog::bind(step.to(5));
    CHECK(step.get() == 5);
    CHECK(user_id.get() == 2);
  }
  CHECK(request_id.find() == nullptr);
  CHECK(user_id.get() == 1);
}

TEST_CASE_METHOD(clean_context, "of two values for one variable the later counts", "[ctx-3]") {
  const auto bound = ctxlog::bind(request_id.to("A"), user_id.to(1), request_id.to("B"));
  CHECK(request_id.get() == "B");
  CHECK(user_id.get() == 1);
  CHECK(ctxlog::detail::live_cells() == 2);
}

TEST_CASE_METHOD(clean_context, "values for several variables are bound all or none", "[ctx-10]") {
  static constinit context_var<throws_from_constructor> fragile{"fragile"};
  const auto bound = request_id.bind("A");
  const context before = context::current();
  CHECK_THROWS_AS(static_cast<void>(ctxlog::bind(request_id.to("B"), fragile.to(1), user_id.to(1))),
                  std::runtime_error);
  CHECK(context::current() == before);
  CHECK(ctxlog::detail::live_cells() == 1);
  static_cast<void>(request_id.to("dropped"));
}

// Scopes of tasks that take turns on one thread without switching contexts end in any order.
template <class... Assignments>
std::unique_ptr<ctxlog::scope> heap_scope(Assignments... values) {
  return std::unique_ptr<ctxlog::scope>(new ctxlog::scope(ctxlog::bind(std::move(values)...)));
}

TEST_CASE_METHOD(clean_context, "a value does not come back after its scope has ended", "[ctx-5]") {
  auto first = heap_scope(request_id.to("first"));
  auto second = heap_scope(request_id.to("second"));
  first.reset();
  CHECK(request_id.find() == nullptr);
  second.reset();
  CHECK(request_id.find() == nullptr);
}

TEST_CASE_METHOD(clean_context, "a value whose scope ended stays away however long the history is",
                 "[ctx-5]") {
  context().run([] {
    auto first = heap_scope(request_id.to("first"));
    for (int i = 0; i != 40; ++i) step.set(i);
    auto second = heap_scope(request_id.to("second"));
    first.reset();
    for (int i = 0; i != 40; ++i) step.set(i);
    second.reset();
    CHECK(request_id.find() == nullptr);
  });
}

TEST_CASE_METHOD(clean_context, "a value whose scope ended stays away from snapshots of a long history",
                 "[ctx-5]") {
  auto scope = heap_scope(request_id.to("bound"));
  const context snapshot = context::current().run([] {
    for (int i = 0; i != 40; ++i) step.set(i);
    return context::current();
  });
  scope.reset();
  CHECK(*request_id.find(snapshot) == "bound");
  snapshot.run([] {
    auto inner = heap_scope(request_id.to("inner"));
    step.set(40);
    inner.reset();
    CHECK(request_id.find() == nullptr);
  });
}

TEST_CASE_METHOD(clean_context,
                 "a value that was given back does not come back after its own scope has ended", "[ctx-5]") {
  auto first = heap_scope(request_id.to("first"));
  auto second = heap_scope(request_id.to("second"));
  const auto other = step.bind(1);
  second.reset();
  CHECK(request_id.get() == "first");
  auto third = heap_scope(request_id.to("third"));
  first.reset();
  third.reset();
  CHECK(request_id.find() == nullptr);
}

TEST_CASE_METHOD(clean_context, "a value that was given back is known however long the history is",
                 "[ctx-5]") {
  context().run([] {
    auto first = heap_scope(request_id.to("first"));
    auto second = heap_scope(request_id.to("second"));
    for (int i = 0; i != 40; ++i) step.set(i);
    second.reset();
    auto third = heap_scope(request_id.to("third"));
    step.set(40);
    third.reset();
    CHECK(request_id.get() == "first");
    auto fourth = heap_scope(request_id.to("fourth"));
    first.reset();
    fourth.reset();
    CHECK(request_id.find() == nullptr);
  });
}

TEST_CASE_METHOD(clean_context, "scopes that always overlap keep memory bounded", "[ctx-8]") {
  auto running = heap_scope(request_id.to("0"));
  for (int i = 1; i != 10'000; ++i) {
    auto next = heap_scope(request_id.to(std::to_string(i)));
    running = std::move(next);
  }
  CHECK(ctxlog::detail::live_nodes() <= 40);
  CHECK(ctxlog::detail::live_cells() <= 40);
  running.reset();
  CHECK(request_id.find() == nullptr);
}

TEST_CASE_METHOD(clean_context, "a hundred nested scopes end in any order", "[ctx-4]") {
  const auto kept = step.bind(1);
  std::vector<std::unique_ptr<ctxlog::scope>> scopes;
  for (int i = 0; i != 100; ++i) scopes.push_back(heap_scope(request_id.to(std::to_string(i))));
  for (std::size_t i = 0; i != scopes.size(); ++i) scopes[i * 37 % scopes.size()].reset();
  CHECK(request_id.find() == nullptr);
  CHECK(step.get() == 1);
}

TEST_CASE_METHOD(clean_context, "several variables that end out of order give back their own values only",
                 "[ctx-4]") {
  const auto outer = ctxlog::bind(request_id.to("outer"), user_id.to(1));
  auto first = heap_scope(request_id.to("first"), step.to(1));
  const auto second = user_id.bind(2);
  first.reset();
  CHECK(request_id.get() == "outer");
  CHECK(step.find() == nullptr);
  CHECK(user_id.get() == 2);
}

TEST_CASE_METHOD(clean_context, "several variables end however long the history is", "[ctx-5]") {
  context().run([] {
    auto first = heap_scope(request_id.to("first"), user_id.to(1));
    for (int i = 0; i != 40; ++i) step.set(i);
    auto second = heap_scope(user_id.to(2), request_id.to("second"));
    first.reset();
    for (int i = 0; i != 40; ++i) step.set(i);
    second.reset();
    CHECK(request_id.find() == nullptr);
    CHECK(user_id.get() == -1);
  });
}

TEST_CASE_METHOD(clean_context, "several variables that end in a foreign context are one mismatch",
                 "[ctx-6]") {
  auto scope = heap_scope(request_id.to("A"), user_id.to(1));
  context().run([&] { scope.reset(); });
  expected_mismatches = 1;
  CHECK(request_id.get() == "A");
  static_cast<void>(ctxlog::detail::exchange_current(context()));
}

// Of what each variable holds, newest first: who bound it, and to what.
struct expected_value {
  std::size_t binder;
  int value;
  std::shared_ptr<expected_value> older;
};
using expected_values = std::array<std::shared_ptr<expected_value>, 3>;

struct random_scope {
  std::unique_ptr<ctxlog::scope> held;
  std::vector<std::size_t> variables;
  expected_values before;
};

TEST_CASE_METHOD(clean_context,
                 "a scope that ends in any order gives back what those still open had bound before it",
                 "[ctx-4][ctx-5]") {
  static constinit context_var<int> a{"a"}, b{"b"}, c{"c"};
  const std::array variables{&a, &b, &c};
  std::mt19937 random(20261122);
  const auto below = [&](std::size_t limit) { return random() % limit; };
  for (int round = 0; round != 20'000; ++round) {
    std::vector<random_scope> scopes;
    expected_values now;
    std::vector<std::size_t> open;
    // As few as are never flattened: that forgets older values.
    while (scopes.size() != 5 || !open.empty()) {
      if (scopes.size() != 5 && (open.empty() || below(2) == 0)) {
        random_scope& made = scopes.emplace_back();
        made.before = now;
        const std::size_t own = scopes.size() - 1, first = below(3), second = below(3);
        const int value = static_cast<int>(random());
        made.variables = {first};
        if (first != second) made.variables.push_back(second);
        made.held = heap_scope(variables[first]->to(value), variables[second]->to(value));
        for (const std::size_t v : made.variables)
          now[v] = std::make_shared<expected_value>(expected_value{own, value, now[v]});
        open.push_back(own);
      } else {
        const auto ended = open.begin() + static_cast<std::ptrdiff_t>(below(open.size()));
        random_scope& undone = scopes[*ended];
        open.erase(ended);
        undone.held.reset();
        for (const std::size_t v : undone.variables) {
          now[v] = undone.before[v];
          while (now[v] && !scopes[now[v]->binder].held) now[v] = now[v]->older;
        }
      }
      for (std::size_t v = 0; v != variables.size(); ++v) {
        const int* const found = variables[v]->find();
        REQUIRE((found != nullptr) == (now[v] != nullptr));
        if (found) REQUIRE(*found == now[v]->value);
      }
    }
    REQUIRE_FALSE(context::current());
  }
}

TEST_CASE_METHOD(clean_context, "no value is seen whose scope has ended, however many scopes overlap",
                 "[ctx-5][ctx-8]") {
  static constinit context_var<std::size_t> a{"a"}, b{"b"}, c{"c"};
  const std::array variables{&a, &b, &c};
  std::mt19937 random(20261122);
  const auto below = [&](std::size_t limit) { return random() % limit; };
  long seen = 0;
  for (int round = 0; round != 200; ++round) {
    std::vector<std::unique_ptr<ctxlog::scope>> scopes;
    std::vector<std::size_t> open;
    while (scopes.size() != 100 || !open.empty()) {
      if (scopes.size() != 100 && (open.empty() || below(2) == 0)) {
        const std::size_t own = scopes.size();
        scopes.push_back(heap_scope(variables[below(3)]->to(own), variables[below(3)]->to(own)));
        open.push_back(own);
      } else {
        const auto ended = open.begin() + static_cast<std::ptrdiff_t>(below(open.size()));
        scopes[*ended].reset();
        open.erase(ended);
      }
      for (const auto* variable : variables) {
        const std::size_t* const found = variable->find();
        if (!found) continue;
        REQUIRE(scopes[*found]);
        ++seen;
      }
    }
    REQUIRE_FALSE(context::current());
  }
  CHECK(seen > 0);
}

}  // namespace
