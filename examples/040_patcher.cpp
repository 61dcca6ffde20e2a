// Patchers: every record is completed with what the task's context knows.
// SPDX-License-Identifier: MIT
#include <ctxlog/ctxlog.hpp>
#include <string>

namespace {

constinit ctxlog::context_var<std::string> request_id{"request_id"};
constinit ctxlog::context_var<int> user_id{"user_id"};

void look_up_price() { ctxlog::info("price found"); }  // knows nothing of requests

void handle_request(const std::string& id) {
  const auto bound = request_id.bind(id);  // until the end of this scope
  ctxlog::info("request received");
  look_up_price();
}

void handle_request_of(int user, const std::string& id) {
  const auto bound = ctxlog::bind(request_id.to(id), user_id.to(user));  // both in one step
  look_up_price();
}

// Any callable that takes a record. An empty id says nothing, so it is left out.
void add_request_id(ctxlog::record& record) {
  const std::string* const id = request_id.find();
  if (id && !id->empty()) record.set("request_id", *id);
}

}  // namespace

int main() {
  ctxlog::configure({.patchers = {{ctxlog::patcher(add_request_id)}}});
  ctxlog::info("outside of any request");
  handle_request("req-1");
  handle_request("");
  handle_request("0");

  // The same, ready made and faster: encoded once for each request, not once for each record.
  ctxlog::configure({.patchers = {{ctxlog::context_variables(request_id, user_id)}}});
  handle_request("req-2");
  handle_request_of(7, "req-3");
}
