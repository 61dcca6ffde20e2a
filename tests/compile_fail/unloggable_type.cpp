// A type that is neither known, nor has a to_json or a formatter.
// SPDX-License-Identifier: MIT
// expect: this type cannot be logged; give it a to_json
#include <nlohmann/json.hpp>

#include "ctxlog/ctxlog.hpp"

namespace app {

struct order {
  int id;
};
#ifdef FIXED
void to_json(nlohmann::json& json, const order& o) { json = o.id; }
#endif

}  // namespace app

void log() { ctxlog::info("x", ctxlog::kv("order", app::order{1})); }
