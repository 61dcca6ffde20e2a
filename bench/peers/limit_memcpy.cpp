// The least that a record of these bytes costs: reading the clock, copying a line made beforehand, and write(2).
// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "limit.hpp"

namespace {

template <class Shape>
const std::vector<std::string>& lines() {
  static const std::vector<std::string> made = [] {
    const auto& r = bench::requests().front();
    std::vector<std::string> list;
    for (const auto& event : bench::events<Shape>()) {
      nlohmann::ordered_json line = {{"time", bench::time_text().now()},
                                     {"level", "info"},
                                     {"logger", "orders"},
                                     {"file", "limit.cpp"},
                                     {"line", 1},
                                     {"thread", 4711},
                                     {"message", bench::message_of(event)},
                                     {"request_id", r.request_id},
                                     {"trace_id", r.trace_id},
                                     {"user_id", r.user_id}};
      bench::visit_fields(event, [&](const auto& key, const auto& value) { line[key] = value; });
      list.push_back(line.dump() + '\n');
    }
    return list;
  }();
  return made;
}

class limit_memcpy {
 public:
  static constexpr bool sync = true, async = false;

  explicit limit_memcpy(const bench::options& o) : file_(o.output) {}

  int enter(const bench::request&) { return 0; }

  template <class Shape>
  void log(const Shape& event) {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    asm volatile("" : : "r"(time.tv_nsec));
    const auto& line = lines<Shape>()[static_cast<std::size_t>(&event - bench::events<Shape>().data())];
    file_.put(line.data(), line.size());
  }

  void finish() { file_.flush(); }

 private:
  bench::plain_file file_;
};

}  // namespace

int main(int argc, char** argv) { return bench::main<limit_memcpy>(argc, argv); }
