// Finding leaks: what is bound, what is alive, what a probe says, what CTXLOG_DEBUG prints.
// SPDX-License-Identifier: MIT
#include "ctxlog/debug.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "context.hpp"
#include "ctxlog/ambient.hpp"
#include "ctxlog/propagate.hpp"

namespace {

using context_test::clean_context;
using names = std::vector<std::string_view>;

constinit ctxlog::context_var<std::string> request_id{"request_id"};
constinit ctxlog::context_var<int> user{"user"};

// What the handler was told; the probe calls it on the thread that the test waits for.
names& told() {
  static names instance;
  return instance;
}

TEST_CASE_METHOD(clean_context, "the names of the bound variables are those that are bound", "[debug]") {
  CHECK(ctxlog::bound_variables().empty());
  const auto id = request_id.bind("r-1");
  CHECK(ctxlog::bound_variables() == names{"request_id"});
  {
    const auto both = user.bind(7);
    const auto fields = ctxlog::with_fields(ctxlog::kv("k", 1));
    CHECK(ctxlog::bound_variables().size() == 3);
  }
  CHECK(ctxlog::bound_variables() == names{"request_id"});
  CHECK(ctxlog::bound_variables(ctxlog::context::empty()).empty());
}

TEST_CASE_METHOD(clean_context, "the number of live contexts goes back when a request's work is done",
                 "[debug][H5]") {
  const auto before = ctxlog::live_contexts();
  {
    const auto id = request_id.bind("r-1");
    auto kept = std::make_unique<ctxlog::context>(ctxlog::context::current());
    CHECK(ctxlog::live_contexts() == before + 1);
  }
  CHECK(ctxlog::live_contexts() == before);
}

TEST_CASE_METHOD(clean_context, "a probe finds what earlier work left on a thread, and names it",
                 "[debug][H2]") {
  told().clear();
  ctxlog::set_leak_handler(
      [](const ctxlog::context& left) noexcept { told() = ctxlog::bound_variables(left); });
  const auto before = ctxlog::leak_count();
  context_test::worker_pool pool(1);
  pool.submit(ctxlog::leak_probe()).get();
  CHECK(ctxlog::leak_count() == before);
  pool.submit([] { request_id.set("left"); }).get();
  pool.submit(ctxlog::leak_probe()).get();
  CHECK(ctxlog::leak_count() == before + 1);
  CHECK(told() == names{"request_id"});
  CHECK(ctxlog::set_leak_handler(nullptr) != nullptr);
}

TEST_CASE_METHOD(clean_context, "work through our pool leaves nothing for a probe to find", "[debug][H2]") {
  const auto before = ctxlog::leak_count();
  context_test::worker_pool pool(1);
  ctxlog::context_pool carrying(pool);
  const auto id = request_id.bind("r-1");
  carrying.submit([] { user.set(1); }).get();
  pool.submit(ctxlog::leak_probe()).get();
  CHECK(ctxlog::leak_count() == before);
}

TEST_CASE("with CTXLOG_DEBUG leaks and mismatches are one line each that names the variable", "[debug]") {
  const auto printed = [](const char* debug) {
    return context_test::run_program(
        {"/bin/sh", "-c", std::string(debug) + CTXLOG_CHILDREN_DIR "/context_leak 2>&1"});
  };
  auto with = printed("CTXLOG_DEBUG=1 ");
  std::erase_if(with.output, [](char c) { return c >= '0' && c <= '9'; });  // the thread's id
  CHECK(with.status == 0);
  CHECK(with.output ==
        "ctxlog: context variable 'request_id': its scope ended in a context that does not stem from it, and "
        "it "
        "stays bound where it was\n"
        "ctxlog: context: a guard was destroyed on another thread or fiber\n"
        "ctxlog: context: a coroutine_scope is not in its own context, as after an await that was not "
        "wrapped in it\n"
        "ctxlog: thread  has no work at hand but still has bound: request_id, user\n");
  CHECK(printed("CTXLOG_DEBUG=0 ").output.empty());
  CHECK(printed("").output.empty());
}

}  // namespace
