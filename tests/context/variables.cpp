// Context variables: binding, setting, resetting, also in the wrong order or place.
// SPDX-License-Identifier: MIT
#include <array>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
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

static_assert(std::is_trivially_destructible_v<context_var<std::string>>);
static_assert(std::is_trivially_destructible_v<context_var<int>>);
static_assert(sizeof(context) == sizeof(void*));

TEST_CASE_METHOD(clean_context, "a variable that nobody bound has no value, and get says which one it is",
                 "[ctx-1][BL-01]") {
  CHECK(request_id.find() == nullptr);
  CHECK(request_id.get_or("none") == "none");
  CHECK_FALSE(request_id.pin());
  try {
    request_id.get();
    FAIL("get returned");
  } catch (const ctxlog::lookup_error& error) {
    CHECK(std::string(error.what()).find("'request_id'") != std::string::npos);
  }
}

TEST_CASE_METHOD(clean_context, "a default is read until something is bound", "[ctx-1][BL-01]") {
  CHECK(user_id.get() == -1);
  CHECK(*user_id.pin() == -1);
  {
    const auto bound = user_id.bind(7);
    CHECK(user_id.get() == 7);
    CHECK(context().run([] { return user_id.get(); }) == -1);
  }
  CHECK(user_id.get() == -1);
}

TEST_CASE_METHOD(clean_context, "scopes nest and give back what they hid", "[ctx-2][BL-02]") {
  {
    const auto outer = request_id.bind("A");
    {
      const auto inner = request_id.bind("B");
      CHECK(request_id.get() == "B");
    }
    CHECK(request_id.get() == "A");
  }
  CHECK(request_id.find() == nullptr);
}

TEST_CASE_METHOD(clean_context, "tokens nest and give back what they hid", "[ctx-2][BL-02]") {
  auto outer = request_id.set("A");
  auto inner = request_id.set("B");
  CHECK(request_id.get() == "B");
  request_id.reset(inner);
  CHECK(request_id.get() == "A");
  request_id.reset(outer);
  CHECK(request_id.find() == nullptr);
}

TEST_CASE_METHOD(clean_context, "a scope ends when an exception passes", "[ctx-2][BL-13]") {
  CHECK_THROWS_AS(
      [] {
        const auto bound = request_id.bind("failing");
        throw 42;
      }(),
      int);
  CHECK(request_id.find() == nullptr);
}

TEST_CASE_METHOD(clean_context, "variables do not see each other", "[ctx-3]") {
  const auto name = request_id.bind("A");
  const auto user = user_id.bind(1);
  {
    const auto inner = user_id.bind(2);
    CHECK(request_id.get() == "A");
    CHECK(user_id.get() == 2);
    CHECK(step.find() == nullptr);
  }
  CHECK(user_id.get() == 1);
}

TEST_CASE_METHOD(clean_context, "tokens reset in the wrong order undo only their own variable", "[ctx-4]") {
  auto first = request_id.set("A");
  auto second = user_id.set(5);
  request_id.reset(first);
  CHECK(request_id.find() == nullptr);
  CHECK(user_id.get() == 5);
  user_id.reset(second);
  CHECK(user_id.get() == -1);
}

TEST_CASE_METHOD(clean_context, "a set left inside a scope ends with that scope", "[ctx-5]") {
  const auto outer = request_id.bind("old");
  {
    const auto inner = request_id.bind("new");
    request_id.set("left behind");
    CHECK(request_id.get() == "left behind");
  }
  CHECK(request_id.get() == "old");
}

TEST_CASE_METHOD(clean_context, "a scope ends whatever number of sets happened inside", "[ctx-5]") {
  context().run([] {
    std::optional<ctxlog::token> kept;
    {
      const auto bound = request_id.bind("request");
      kept = user_id.set(1);
      for (int i = 0; i != 100; ++i) {
        step.set(i);
        request_id.set(std::to_string(i));
      }
    }
    CHECK(request_id.find() == nullptr);
    CHECK(step.get() == 99);
    user_id.reset(*kept);
    CHECK(user_id.get() == -1);
  });
}

TEST_CASE_METHOD(clean_context, "a token used twice throws and says so", "[ctx-6][BL-02]") {
  auto token = request_id.set("A");
  request_id.reset(token);
  try {
    request_id.reset(token);
    FAIL("the second reset returned");
  } catch (const ctxlog::token_error& error) {
    CHECK(std::string(error.what()).find("'request_id'") != std::string::npos);
  }
  static_assert(std::is_base_of_v<std::logic_error, ctxlog::token_error>);
}

TEST_CASE_METHOD(clean_context, "a moved token is used up, its target is not", "[ctx-6]") {
  auto token = request_id.set("A");
  auto target = std::move(token);
  CHECK_THROWS_AS(request_id.reset(token), ctxlog::token_error);
  request_id.reset(target);
  CHECK(request_id.find() == nullptr);
}

TEST_CASE_METHOD(clean_context, "a token of another variable throws and changes nothing", "[ctx-6]") {
  static constinit context_var<std::string> other{"other"};
  auto token = request_id.set("A");
  CHECK_THROWS_AS(other.reset(token), ctxlog::token_error);
  CHECK(request_id.get() == "A");
  request_id.reset(token);
}

TEST_CASE_METHOD(clean_context,
                 "a token reset on another thread changes nothing, is counted, and stays usable",
                 "[ctx-6][BL-02]") {
  auto token = request_id.set("here");
  std::thread([&] {
    const auto there = request_id.bind("there");
    request_id.reset(token);
    CHECK(request_id.get() == "there");
  }).join();
  CHECK(request_id.get() == "here");
  expected_mismatches = 1;
  request_id.reset(token);
  CHECK(request_id.find() == nullptr);
}

TEST_CASE_METHOD(clean_context, "a scope that ends in a foreign context leaves it alone and is counted",
                 "[ctx-6]") {
  const context before = context::current();
  auto scope = std::unique_ptr<ctxlog::scope>(new ctxlog::scope(request_id.bind("bound")));
  const context bound = context::current();
  before.run([&] {
    const auto other = request_id.bind("other");
    scope.reset();
    CHECK(request_id.get() == "other");
  });
  CHECK(context::current() == bound);
  expected_mismatches = 1;
  static_cast<void>(ctxlog::detail::exchange_current(context()));
}

TEST_CASE_METHOD(clean_context, "the mismatch handler hears what was misused and of which variable",
                 "[ctx-6]") {
  static constinit std::optional<ctxlog::mismatch_info> heard;
  const auto earlier =
      ctxlog::set_mismatch_handler([](const ctxlog::mismatch_info& info) noexcept { heard = info; });
  auto token = request_id.set("here");
  context().run([&] { request_id.reset(token); });
  CHECK(ctxlog::set_mismatch_handler(earlier) != nullptr);
  request_id.reset(token);
  expected_mismatches = 1;
  REQUIRE(heard);
  CHECK(heard->kind == ctxlog::mismatch_kind::token_reset);
  CHECK(heard->name == std::string("request_id"));
}

TEST_CASE_METHOD(clean_context, "a million unreset sets keep memory bounded", "[ctx-8]") {
  context().run([] {
    for (int i = 0; i != 1'000'000; ++i) {
      step.set(i);
      if (i % 7 == 0) user_id.set(i);
    }
    CHECK(step.get() == 999'999);
    CHECK(user_id.get() == 999'999 / 7 * 7);
    CHECK(ctxlog::detail::live_nodes() <= 40);
    CHECK(ctxlog::detail::live_cells() <= 40);
  });
}

template <std::size_t Number>
constinit context_var<std::size_t> numbered{"numbered"};

template <std::size_t... Numbers>
void bind_all_at_once(std::index_sequence<Numbers...>) {
  const std::array<ctxlog::scope, sizeof...(Numbers)> bound{numbered<Numbers>.bind(Numbers)...};
  CHECK((... && (numbered<Numbers>.get() == Numbers)));
}

TEST_CASE_METHOD(clean_context, "two hundred variables hold two hundred values", "[ctx-9]") {
  bind_all_at_once(std::make_index_sequence<200>());
}

TEST_CASE_METHOD(clean_context, "a value that cannot be made leaves the context as it was", "[ctx-10]") {
  static constinit context_var<throws_from_constructor> fragile{"fragile"};
  const auto bound = request_id.bind("A");
  const context before = context::current();
  CHECK_THROWS_AS(static_cast<void>(fragile.bind(1)), std::runtime_error);
  CHECK(context::current() == before);
}

TEST_CASE_METHOD(clean_context, "a pinned value outlives its scope", "[ctx-2]") {
  ctxlog::pinned<std::string> kept;
  {
    const auto bound = request_id.bind("kept");
    kept = request_id.pin();
  }
  CHECK(request_id.find() == nullptr);
  CHECK(*kept == "kept");
  CHECK(kept->size() == 4);
  kept = {};
  CHECK(ctxlog::detail::live_cells() == 0);
}

TEST_CASE_METHOD(clean_context, "values may be move-only, and every reader shares one", "[ctx-2]") {
  static constinit context_var<std::unique_ptr<int>> owner{"owner"};
  const auto bound = owner.bind(std::make_unique<int>(3));
  const std::unique_ptr<int>* const here = owner.find();
  CHECK(**here == 3);
  const context snapshot = context::current();
  std::thread([&] { CHECK(owner.find(snapshot) == here); }).join();
}

TEST_CASE_METHOD(clean_context, "equal serials mean equal content, and the empty context has none",
                 "[ctx-2]") {
  CHECK(context().serial() == 0);
  const auto outer = request_id.bind("A");
  const context a = context::current();
  {
    const auto inner = request_id.bind("A");
    CHECK(context::current().serial() != a.serial());
  }
  CHECK(context::current().serial() == a.serial());
  CHECK(a.serial() != 0);
  std::uint64_t elsewhere = 0;
  std::thread([&] {
    const auto bound = request_id.bind("A");
    elsewhere = context::current().serial();
  }).join();
  CHECK(elsewhere != a.serial());
}

TEST_CASE_METHOD(clean_context, "no two threads give out the same serial", "[ctx-24]") {
  constexpr std::size_t per_thread = 1000;
  std::array<std::vector<std::uint64_t>, 4> serials;
  {
    std::vector<std::jthread> threads;
    for (auto& own : serials) {
      threads.emplace_back([&own] {
        while (own.size() != per_thread) {
          const auto bound = step.bind(1);
          own.push_back(context::current().serial());
        }
      });
    }
  }
  std::set<std::uint64_t> distinct;
  for (const auto& own : serials) distinct.insert(own.begin(), own.end());
  CHECK(distinct.size() == serials.size() * per_thread);
  CHECK_FALSE(distinct.contains(0));
}

TEST_CASE_METHOD(clean_context, "the ambient slot is a binding like any other and disturbs no variable",
                 "[ctx-3]") {
  using namespace ctxlog::detail;
  const auto bound = request_id.bind("A");
  {
    const slot_scope fields(ambient_slot, new cell_of<int>(5));
    const cell* const held = slot(current_node(), ambient_slot);
    REQUIRE(held);
    CHECK(static_cast<const cell_of<int>*>(held)->value == 5);
    CHECK(request_id.get() == "A");
  }
  CHECK(slot(current_node(), ambient_slot) == nullptr);
}

}  // namespace
