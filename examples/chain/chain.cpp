// One request through three services, each a process of its own: every line of all of them has its ids.
// SPDX-License-Identifier: MIT
#include "chain.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "../support/child_process.hpp"

namespace {

// This program, started again as one of the three, with the same variables for its lines.
class service {
 public:
  explicit service(const std::string& name, int next_port = 0)
      : name_(name), process_({"/proc/self/exe", name, std::to_string(next_port)}, looks()) {
    const std::string port = process_.wait_for("http://127.0.0.1:");
    if (port.empty()) throw std::runtime_error("the " + name + " did not start: " + process_.err());
    port_ = std::stoi(port);
  }

  int port() const { return port_; }

  /// Ends it and prints what it has logged.
  void finish_and_print() {
    process_.finish();
    fmt::print("\n{}:\n{}{}", name_, process_.out(), process_.err());
  }

 private:
  static std::vector<std::string> looks() {
    std::vector<std::string> variables;
    for (const std::string name : {"ENV", "LOG_LEVEL", "LOG_FORMAT"})
      if (const char* const set = std::getenv(name.c_str())) variables.push_back(name + "=" + set);
    return variables;
  }

  std::string name_;
  example::child_process process_;
  int port_ = 0;
};

int ask() {
  service payment("payment"), inventory("inventory", payment.port()), gateway("gateway", inventory.port());
  httplib::Client client("127.0.0.1", gateway.port());
  const auto answer =
      client.Post("/checkout", {{"X-Request-ID", "chain-1"}, {"baggage", "tenant=acme"}}, "", "");
  if (!answer) throw std::runtime_error("the gateway does not answer");
  fmt::print("POST /checkout: {} {} X-Request-ID: {}\n", answer->status, answer->body,
             answer->get_header_value("X-Request-ID"));
  for (service* one : {&gateway, &inventory, &payment}) one->finish_and_print();
  return answer->status == 200 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view role = argc > 1 ? argv[1] : "";
  const int next_port = argc > 2 ? std::atoi(argv[2]) : 0;
  try {
    if (role.empty()) return ask();
    if (role == "gateway") return chain::run_gateway(next_port), 0;
    if (role == "inventory") return chain::run_inventory(next_port), 0;
    if (role == "payment") return chain::run_payment(), 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "chain: {}\n", error.what());
    return 1;
  }
  fmt::print(stderr, "chain: unknown argument \"{}\", expected none\n", role);
  return 2;
}
