// A secret does not become JSON, where it would be in clear.
// SPDX-License-Identifier: MIT
// expect: secret
#include <nlohmann/json.hpp>
#include <string>

#include "ctxlog/ctxlog.hpp"

nlohmann::json document(const ctxlog::secret<std::string>& password) {
#ifdef FIXED
  return {{"password", "***"}, {"length", password.reveal().size()}};
#else
  return {{"password", password}};
#endif
}
