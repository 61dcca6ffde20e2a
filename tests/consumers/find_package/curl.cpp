// A user's program of the libcurl adapter: its target brings libcurl.
// SPDX-License-Identifier: MIT
#include <ctxlog/http/curl.hpp>

int main() {
  curl_slist* const headers = ctxlog::curl::append_headers(nullptr, "127.0.0.1");
  const bool found = headers != nullptr;
  curl_slist_free_all(headers);
  return found ? 0 : 1;
}
