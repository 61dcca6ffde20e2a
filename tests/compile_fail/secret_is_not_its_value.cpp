// A secret does not become its value by itself.
// SPDX-License-Identifier: MIT
// expect: (not convert|no viable conversion|conversion from).*secret
#include <string>

#include "ctxlog/ctxlog.hpp"

std::string clear(const ctxlog::secret<std::string>& password) {
#ifdef FIXED
  return password.reveal();
#else
  return password;
#endif
}
