// libcurl: headers for calls to other services.
// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "ctxlog/http/propagation.hpp"

namespace ctxlog::curl {

/// Appends the headers for one call to `host` to a list for CURLOPT_HTTPHEADER, which may be null; returns its start, as
/// curl_slist_append() does. When memory runs out the rest is left out. See http::propagation_headers().
[[nodiscard]] inline curl_slist* append_headers(curl_slist* list, std::string_view host = {}) {
  for (const auto& [name, value] : http::propagation_headers(host)) {
    curl_slist* const longer = curl_slist_append(list, (name + ": " + value).c_str());
    if (!longer) break;
    list = longer;
  }
  return list;
}

}  // namespace ctxlog::curl
