// QCoro: the coroutines of Qt, on Qt's event loop; their promise is final and their awaiters know no contexts.
// SPDX-License-Identifier: MIT
#include <QCoreApplication>
#include <QCoroTask>
#include <QCoroTimer>
#include <chrono>
#include <string>

#include "../support.hpp"

namespace {

using context_test::clean_context;
using coroutine_test::read_id;
using coroutine_test::request_id;
using coroutine_test::threads;
using coroutine_test::verdict;
using ctxlog::coroutine_scope;
using ctxlog::preserve;
using ctxlog::task;
using std::chrono::milliseconds;

class qt_application : public clean_context {
 public:
  /// Runs Qt's event loop until `count` coroutines have ended.
  void run_until(const int& ended, int count) {
    while (ended < count) {
      QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
      leaks_ += static_cast<bool>(ctxlog::context::current());
    }
  }
  int leaks() const { return leaks_; }

 private:
  int count_ = 1;
  char name_[6] = "tests";
  char* arguments_[2] = {name_, nullptr};
  QCoreApplication application_{count_, arguments_};
  int leaks_ = 0;
};

QCoro::Task<int> preserving_leaf(std::string own, verdict& seen) {
  seen.expect(own);
  co_await preserve(QCoro::sleepFor(milliseconds(1)));
  seen.expect(own);
  co_return 1;
}

QCoro::Task<> preserving_root(std::string own, verdict& seen, int& ended) {
  coroutine_scope scope;
  const auto bound = request_id.bind(own);
  for (int turn = 0; turn != 5; ++turn) {
    const int one = co_await scope(preserving_leaf(own, seen));
    seen.expect(one == 1);
    seen.expect(own);
    co_await scope(QCoro::sleepFor(milliseconds(1)));
    seen.expect(own);
  }
  ++ended;
}

TEST_CASE_METHOD(qt_application, "coroutines of QCoro keep their contexts with a scope and preserved awaits",
                 "[ctx-40][ctx-41]") {
  verdict seen;
  int ended = 0;
  for (int i = 0; i != 50; ++i) {
    preserving_root("Q" + std::to_string(i), seen, ended);
    CHECK(read_id() == "none");
  }
  run_until(ended, 50);
  CHECK(leaks() == 0);
  CHECK(seen.right() == 50 * 5 * 5);
  CHECK(seen.wrong() == 0);
}

TEST_CASE_METHOD(qt_application, "tasks over coroutines of QCoro need no help", "[ctx-42]") {
  verdict seen;
  int ended = 0;
  const auto over = [](std::string own, verdict& own_seen, int& own_ended) -> task<> {
    const auto bound = request_id.bind(own);
    for (int turn = 0; turn != 5; ++turn) {
      co_await QCoro::sleepFor(milliseconds(1));
      own_seen.expect(own);
      const int one = co_await preserving_leaf(own, own_seen);
      own_seen.expect(one == 1);
      own_seen.expect(own);
    }
    ++own_ended;
  };
  for (int i = 0; i != 50; ++i) ctxlog::spawn(over("T" + std::to_string(i), seen, ended));
  run_until(ended, 50);
  CHECK(leaks() == 0);
  CHECK(seen.right() == 50 * 5 * 5);
  CHECK(seen.wrong() == 0);
}

TEST_CASE_METHOD(qt_application, "a plain coroutine of QCoro loses its context and leaves none on the loop",
                 "[ctx-43]") {
  verdict seen;
  int ended = 0;
  const auto plain = [](verdict& own_seen, int& own_ended) -> QCoro::Task<> {
    own_seen.expect("A");
    co_await QCoro::sleepFor(milliseconds(1));
    own_seen.expect("none");
    ++own_ended;
  };
  ctxlog::context::current().run([&] {
    const auto bound = request_id.bind("A");
    plain(seen, ended);
  });
  run_until(ended, 1);
  CHECK(leaks() == 0);
  CHECK(seen.right() == 2);
}

}  // namespace
