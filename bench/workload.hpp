// The record that all logging benchmarks write: six fields, three of the context, two arguments.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace bench {

struct request {
  std::string request_id;  // 36 characters
  std::string trace_id;    // 32 hexadecimal digits
  std::string user_id;     // 8 characters
};

struct order {
  int id;
  std::string status;
  std::string customer;  // 12 characters
  std::int64_t quantity;
  double price;
  bool gift;
  std::string note;   // quotation marks, a newline, UTF-8
  std::uint64_t sku;  // often above the range of int64
};

inline constexpr int records_per_request = 100;

class workload {
 public:
  workload() {
    std::mt19937_64 random(20261120);
    const auto hex = [&](int digits) {
      std::string text;
      while (digits-- > 0) text += "0123456789abcdef"[random() % 16];
      return text;
    };
    const std::array statuses{"SHIPPED", "PAID", "PACKED", "REFUND", "CANCEL", "NEW"};
    for (int i = 0; i < 1000; ++i)
      orders_.push_back(
          {static_cast<int>(random() % 9'000'000 + 1'000'000), statuses[random() % statuses.size()],
           fmt::format("cust-{}", hex(7)), static_cast<std::int64_t>(random() % 2000) - 500,
           static_cast<double>(random() % 10'000'000) / 100, (random() & 1) != 0,
           fmt::format("say \"\u00e7a va\"\nr\u00e9f \u2116{:04} ok", random() % 10'000), random()});
    for (int i = 0; i < 64; ++i)
      requests_.push_back({fmt::format("{}-{}-4{}-a{}-{}", hex(8), hex(4), hex(3), hex(3), hex(12)), hex(32),
                           fmt::format("u{}", hex(7))});
  }

  const order& next_order() { return orders_[order_++ % orders_.size()]; }
  const std::vector<order>& orders() const { return orders_; }
  const std::vector<request>& requests() const { return requests_; }
  const request& next_request() { return requests_[request_++ % requests_.size()]; }

 private:
  std::vector<order> orders_;
  std::vector<request> requests_;
  std::size_t order_ = 0, request_ = 0;
};

}  // namespace bench
