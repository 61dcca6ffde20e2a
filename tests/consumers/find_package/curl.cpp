// A user's program of the libcurl adapter: its target brings libcurl.
// SPDX-License-Identifier: MIT
#include <curl/curl.h>

int main() {
  CURL* handle = curl_easy_init();
  curl_easy_cleanup(handle);
  return handle != nullptr ? 0 : 1;
}
