// Fuzz target: the text of a file for load_dotenv().
// SPDX-License-Identifier: MIT
#include "ctxlog/config.hpp"
#include "support.hpp"

namespace {

// The variables of the process, put aside while a file sets its own.
class empty_environment {
 public:
  empty_environment() : saved_(environ) { environ = none_; }
  empty_environment(const empty_environment&) = delete;
  empty_environment& operator=(const empty_environment&) = delete;
  ~empty_environment() {
    ::clearenv();
    environ = saved_;
  }

 private:
  char** saved_;
  char* none_[1] = {nullptr};
};

bool is_name(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
         });
}

void check_variables(std::string_view file) {
  for (char** variable = environ; variable && *variable; ++variable) {
    const std::string_view text = *variable;
    const auto equals = text.find('=');
    FUZZ_CHECK(equals != text.npos && is_name(text.substr(0, equals)));
    FUZZ_CHECK(text.find('\n') == text.npos && file.find(text.substr(equals + 1)) != file.npos);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  static const int file = ::memfd_create("dotenv", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  FUZZ_CHECK(::ftruncate(file, 0) == 0 && ::pwrite(file, data, size, 0) == static_cast<ssize_t>(size));

  const empty_environment scope;
  fuzz::captured_errors errors;
  FUZZ_CHECK(ctxlog::load_dotenv(path));
  const std::string report = errors.text();
  check_variables(text);
  FUZZ_CHECK(fuzz::is_harmless_report(report));
  return 0;
}
