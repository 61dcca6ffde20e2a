// Fields: values keep their name and type, and a hole in the message can show one of them.
// SPDX-License-Identifier: MIT
#include <chrono>
#include <ctxlog/ctxlog.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using namespace ctxlog::literals;
using ctxlog::kv;

namespace shop {

struct address {
  std::string street, city;
};

// What nlohmann_json can convert, ctxlog can log.
void to_json(nlohmann::json& json, const address& a) { json = {{"street", a.street}, {"city", a.city}}; }

}  // namespace shop

int main() {
  // A key written as a literal is checked by the compiler: a hole without a field does not compile.
  ctxlog::info("order {order_id} placed", "order_id"_kv = 42, "total"_kv = 19.9, "gift"_kv = false);

  const std::string key = "coupon";  // known only now
  ctxlog::info("discount granted", kv(key, "SPRING"));

  ctxlog::info("parcel packed", "items"_kv = std::vector{"tea", "cup"},
               "took"_kv = std::chrono::milliseconds(1500),
               "to"_kv = shop::address{"Long Street 1", "Porto"});

  // Data is never a format string, and never breaks the line.
  const std::string from_outside = "{} {order_id}\n2026-01-01 ERROR forged";
  ctxlog::info("note received", "note"_kv = from_outside);

  ctxlog::info("login", "password"_kv = ctxlog::secret(std::string("hunter2")));
}
