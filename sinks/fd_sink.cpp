// Sink that writes to a file descriptor: standard output, standard error, a pipe, a socket.
// SPDX-License-Identifier: MIT
#include "ctxlog/sinks/fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <utility>

#include "ctxlog/record.hpp"
#include "descriptor_writer.hpp"

namespace ctxlog {
namespace {

using detail::descriptor_writer;
using detail::unique_descriptor;

// A standard stream missing at the start has its number taken by the first file opened, so it is looked up
// before any other code of the program runs.
struct standard_streams {
  bool has_output = ::fcntl(STDOUT_FILENO, F_GETFD) != -1;
  bool has_error = ::fcntl(STDERR_FILENO, F_GETFD) != -1;
};
[[gnu::init_priority(101)]] const standard_streams at_start;

// The duplicate lies above the standard numbers, where no program looks for its standard streams.
unique_descriptor duplicate(int descriptor) {
  return unique_descriptor(::fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

[[noreturn]] void throw_not_duplicated(int reason, int descriptor, const std::string& name) {
  throw std::system_error(reason, std::generic_category(),
                          "cannot duplicate file descriptor " + std::to_string(descriptor) +
                              " for the log sink \"" + name +
                              "\": expected an open one and room for one more");
}

unique_descriptor duplicate_standard(int descriptor, bool there_at_start, const char* name) {
  if (!there_at_start) return {};
  auto copy = duplicate(descriptor);
  if (copy.get() == -1 && errno != EBADF) throw_not_duplicated(errno, descriptor, name);
  return copy;
}

std::unique_ptr<descriptor_writer> make_writer(unique_descriptor descriptor, fd_options options) {
  return std::make_unique<descriptor_writer>(std::move(descriptor), options);
}

}  // namespace

fd_sink::fd_sink(int descriptor, std::string name, fd_options options) : name_(std::move(name)) {
  auto copy = duplicate(descriptor);
  if (copy.get() == -1) throw_not_duplicated(errno, descriptor, name_);
  writer_ = make_writer(std::move(copy), options);
}

fd_sink::fd_sink(std::unique_ptr<descriptor_writer> writer, std::string name)
    : writer_(std::move(writer)), name_(std::move(name)) {}

fd_sink::~fd_sink() = default;

std::error_code fd_sink::write(const record& rec, std::string_view line) {
  return writer_->write(line, rec.level(), rec.time());
}

std::error_code fd_sink::encode_and_write(const record& rec, const line_encoder& line,
                                          fmt::memory_buffer& spare) {
  return writer_->encode_and_write(rec, line, spare);
}

std::error_code fd_sink::flush() { return writer_->flush(); }

std::chrono::system_clock::time_point fd_sink::flush_due() const noexcept {
  return std::chrono::time_point_cast<std::chrono::system_clock::duration>(writer_->flush_due());
}

void fd_sink::gather() noexcept { writer_->gather(); }

std::optional<file_position> fd_sink::position() const noexcept { return writer_->position(); }

bool fd_sink::is_terminal() const noexcept { return ::isatty(descriptor()) == 1; }

int fd_sink::descriptor() const noexcept { return writer_->descriptor(); }

std::shared_ptr<fd_sink> stderr_sink(fd_options options) {
  auto copy = duplicate_standard(STDERR_FILENO, at_start.has_error, "stderr");
  return std::shared_ptr<fd_sink>(new fd_sink(make_writer(std::move(copy), options), "stderr"));
}

std::shared_ptr<fd_sink> stdout_sink(fd_options options) {
  auto copy = duplicate_standard(STDOUT_FILENO, at_start.has_output, "stdout");
  if (copy.get() != -1)
    return std::shared_ptr<fd_sink>(new fd_sink(make_writer(std::move(copy), options), "stdout"));
  auto fallback = stderr_sink(options);
  static std::once_flag said;
  std::call_once(said, [&] {
    fallback->writer_->write("ctxlog: standard output is closed; its log lines go to standard error\n",
                             level::critical, {});
  });
  return fallback;
}

}  // namespace ctxlog
