// A user's program of the Boost.Beast adapter: its target brings Boost.
// SPDX-License-Identifier: MIT
#include <boost/beast/http/empty_body.hpp>
#include <ctxlog/http/beast.hpp>

int main() {
  const boost::beast::http::request<boost::beast::http::empty_body> asked(boost::beast::http::verb::get, "/",
                                                                          11);
  const auto exchange = ctxlog::beast::begin(asked, {}, std::make_shared<const ctxlog::http::options>());
  exchange->finish({.status = 200});
  return exchange->ids().request_id.empty() ? 1 : 0;
}
