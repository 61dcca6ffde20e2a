// Fuzz target: request ids, and X-Amzn-Trace-Id.
// SPDX-License-Identifier: MIT
#include "ctxlog/http/request_id.hpp"
#include "support.hpp"

using namespace ctxlog::http;

namespace {

void check_id(std::string_view id) {
  FUZZ_CHECK(!id.empty() && id.size() <= max_request_id_size && fuzz::fits_a_header(id));
  FUZZ_CHECK(id.find_first_of(" \"%,;<>\\") == id.npos);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view id = fuzz::text_of(data, size);
  const bool valid = is_valid_request_id(id);
  FUZZ_CHECK(valid == !fault_of(id));
  if (valid) check_id(id);

  const std::string accepted = accept_request_id(id), sanitized = sanitize_request_id(id);
  check_id(accepted);
  check_id(sanitized);
  FUZZ_CHECK(is_valid_request_id(accepted) && is_valid_request_id(sanitized));
  FUZZ_CHECK((accepted == id) == valid);
  if (valid) FUZZ_CHECK(sanitized == id);

  const std::string_view root = amazon_trace_root(id);
  FUZZ_CHECK(root.empty() ||
             (id.find("Root=" + std::string(root)) != id.npos && root.find(';') == root.npos));
  check_id(accept_request_id(root));
  return 0;
}
