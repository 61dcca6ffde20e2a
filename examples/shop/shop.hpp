// The shop itself: goods, orders, payments. It logs, and knows nothing of requests, threads and frameworks.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <ctxlog/ctxlog.hpp>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace shop {

using namespace ctxlog::literals;

struct item {
  int id = 0;
  std::string name = {};
  int price = 0;
  int stock = 0;
};

struct order {
  int id = 0;
  int item_id = 0;
  int quantity = 0;
  int total = 0;
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(item, id, name, price, stock)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(order, id, item_id, quantity, total)

enum class reason { unknown, sold_out, malformed };

/// What a customer is told: not a fault of the shop.
class refusal : public std::runtime_error {
 public:
  refusal(shop::reason why, const std::string& text) : std::runtime_error(text), reason_(why) {}
  shop::reason reason() const noexcept { return reason_; }

 private:
  shop::reason reason_;
};

/// How long the bank takes. Each framework has its own way to wait for it.
inline constexpr std::chrono::milliseconds bank_delay{2};

/// Any thread.
class store {
 public:
  item find_item(int id) const {
    const std::lock_guard lock(mutex_);
    const auto found = items_.find(id);
    if (found == items_.end()) throw refusal(reason::unknown, "no such item");
    ctxlog::info("item {item_id} found", "item_id"_kv = id, "stock"_kv = found->second.stock);
    return found->second;
  }

  /// Takes the goods from the shelf.
  order reserve(int item_id, int quantity) {
    const std::lock_guard lock(mutex_);
    const auto found = items_.find(item_id);
    if (found == items_.end()) throw refusal(reason::unknown, "no such item");
    if (quantity < 1) throw refusal(reason::malformed, "an order is of one piece at least");
    item& wanted = found->second;
    if (wanted.stock < quantity) {
      ctxlog::warn("item {item_id} is sold out", "item_id"_kv = item_id, "wanted"_kv = quantity,
                   "stock"_kv = wanted.stock);
      throw refusal(reason::sold_out, "sold out");
    }
    wanted.stock -= quantity;
    ctxlog::info("item {item_id} reserved", "item_id"_kv = item_id, "quantity"_kv = quantity);
    return {.id = ++last_order_, .item_id = item_id, .quantity = quantity, .total = quantity * wanted.price};
  }

  /// The bank has paid.
  void book_payment(const order& paid) const {
    ctxlog::info("order {order_id} paid", "order_id"_kv = paid.id, "total"_kv = paid.total);
  }

  order place(const order& paid) {
    const std::lock_guard lock(mutex_);
    orders_[paid.id] = paid;
    ctxlog::info("order {order_id} placed", "order_id"_kv = paid.id);
    return paid;
  }

  order find_order(int id) const {
    const std::lock_guard lock(mutex_);
    const auto found = orders_.find(id);
    if (found == orders_.end()) throw refusal(reason::unknown, "no such order");
    return found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<int, item> items_{{1, {.id = 1, .name = "tea", .price = 4, .stock = 1'000'000}},
                             {2, {.id = 2, .name = "cup", .price = 9, .stock = 1}}};
  std::map<int, order> orders_;
  int last_order_ = 0;
};

}  // namespace shop
