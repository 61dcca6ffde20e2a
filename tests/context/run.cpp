// Running work in a snapshot: isolation both ways, results, exceptions, guards.
// SPDX-License-Identifier: MIT
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "context.hpp"
#include "ctxlog/propagate.hpp"

namespace {

using context_test::clean_context;
using ctxlog::context;
using ctxlog::context_var;

constinit context_var<std::string> request_id{"request_id"};

context snapshot_of(std::string id) {
  const auto bound = request_id.bind(std::move(id));
  return context::current();
}

TEST_CASE_METHOD(clean_context, "what a run sets does not reach its caller", "[ctx-7][FA-08]") {
  const auto bound = request_id.bind("parent-value");
  context::current().run([] {
    CHECK(request_id.get() == "parent-value");
    request_id.set("child-value");
    CHECK(request_id.get() == "child-value");
  });
  CHECK(request_id.get() == "parent-value");
}

TEST_CASE_METHOD(clean_context, "a snapshot does not change by being run", "[ctx-7]") {
  const context snapshot = snapshot_of("A");
  snapshot.run([] { request_id.set("changed"); });
  CHECK(snapshot.run([] { return request_id.get(); }) == "A");
  CHECK(*request_id.find(snapshot) == "A");
}

TEST_CASE_METHOD(clean_context, "run gives the caller's context back when the callee throws",
                 "[ctx-7][DR-08][BL-13]") {
  struct failure {
    int code;
  };
  const context snapshot = snapshot_of("A");
  const auto bound = request_id.bind("caller");
  try {
    snapshot.run([] {
      request_id.set("leaky");
      throw failure{7};
    });
    FAIL("the exception was lost");
  } catch (const failure& caught) {
    CHECK(caught.code == 7);
  }
  CHECK(request_id.get() == "caller");
}

TEST_CASE_METHOD(clean_context, "run restores an empty context too", "[ctx-7][BL-13]") {
  snapshot_of("A").run([] { CHECK(request_id.get() == "A"); });
  CHECK_FALSE(context::current());
}

TEST_CASE_METHOD(clean_context, "run passes arguments and results through", "[DR-08][DR-11]") {
  const context snapshot = snapshot_of("A");
  int changed = 0;
  const auto callee = [](int& target, std::unique_ptr<int> moved) -> int& {
    target = *moved;
    return target;
  };
  int& result = snapshot.run(callee, changed, std::make_unique<int>(5));
  CHECK(&result == &changed);
  CHECK(changed == 5);
  CHECK(snapshot.run(&std::string::size, std::string("four")) == 4);
}

TEST_CASE_METHOD(clean_context, "a snapshot given away is released when the run replaces it", "[ctx-7]") {
  context snapshot = snapshot_of("A");
  const auto released_inside = [] {
    ctxlog::detail::exchange_current(context());
    return ctxlog::detail::live_nodes() == 0;
  };
  CHECK(std::move(snapshot).run(released_inside));
}

TEST_CASE_METHOD(clean_context, "detached work sees the empty context", "[ctx-7][DR-11]") {
  const auto bound = request_id.bind("A");
  CHECK(ctxlog::detach([](int x) { return request_id.get_or("none") + std::to_string(x); }, 1) == "none1");
  CHECK(request_id.get() == "A");
}

TEST_CASE_METHOD(clean_context, "a guard installs a snapshot for a block", "[ctx-7]") {
  const auto bound = request_id.bind("outside");
  {
    const ctxlog::context_guard guard(snapshot_of("inside"));
    CHECK(request_id.get() == "inside");
    request_id.set("changed");
  }
  CHECK(request_id.get() == "outside");
}

TEST_CASE_METHOD(clean_context, "a guard destroyed on another thread leaves that thread alone and is counted",
                 "[ctx-11]") {
  std::thread([] {
    auto guard = std::make_unique<ctxlog::context_guard>(snapshot_of("guarded"));
    std::thread([&] {
      const auto bound = request_id.bind("other");
      guard.reset();
      CHECK(request_id.get() == "other");
    }).join();
    ctxlog::detail::exchange_current(context());
  }).join();
  expected_mismatches = 1;
}

TEST_CASE_METHOD(clean_context,
                 "a bound callable runs in its context, any number of times, with any signature", "[DR-11]") {
  const auto bound = ctxlog::bind_context(
      [calls = 0](auto... numbers) mutable {
        return request_id.get() + std::to_string(++calls + (0 + ... + numbers));
      },
      snapshot_of("A"));
  auto copy = bound;
  const auto here = request_id.bind("caller");
  CHECK(copy() == "A1");
  CHECK(copy(10, 20) == "A32");
  CHECK(request_id.get() == "caller");

  const auto constant = ctxlog::bind_context([] { return request_id.get(); }, snapshot_of("B"));
  CHECK(constant() == "B");
  static_assert(!std::is_invocable_v<const decltype(bound)&>);
}

TEST_CASE_METHOD(clean_context, "a callable bound once lets go of its context before the call returns",
                 "[DR-11]") {
  bool died_in_context = false;
  struct reports_death {
    explicit reports_death(bool* target) : in_context(target) {}
    bool* in_context;
    ~reports_death() { *in_context = request_id.get_or("none") == "A"; }
  };
  auto once = ctxlog::bind_context_once([keep = std::make_unique<reports_death>(&died_in_context)] {},
                                        snapshot_of("A"));
  CHECK(ctxlog::detail::live_nodes() == 1);
  once();
  CHECK(died_in_context);
  CHECK(ctxlog::detail::live_nodes() == 0);
}

}  // namespace
