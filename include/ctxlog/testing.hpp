// Capturing records in tests, with their fields and types.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <concepts>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctxlog/field_set.hpp"
#include "ctxlog/level.hpp"
#include "ctxlog/pipeline.hpp"
#include "ctxlog/record.hpp"
#include "ctxlog/sink.hpp"

namespace ctxlog::testing {

/// A record that outlives its call.
class captured_record {
 public:
  captured_record(const record& rec, std::string_view encoded)
      : level(rec.level()),
        logger(rec.logger()),
        message(rec.message()),
        message_template(rec.message_template()),
        thread_id(rec.thread_id()),
        where(rec.where()),
        line(encoded),
        fields_(std::make_shared<field_set>()) {
    rec.for_each_field([&](const ctxlog::field& f) {
      fields_->set(f.key, f.value);
      keys.emplace_back(f.key);
    });
  }

  /// The field's value as a T: bool, an integer (of any width that holds it), double, std::string, a
  /// std::chrono::duration, a system_clock time, or ctxlog::value as it is. Throws std::logic_error that
  /// names the key and what there is instead.
  template <class T>
  T field(std::string_view key) const;

  bool has(std::string_view key) const { return find(key) != nullptr; }

  ctxlog::level level;
  std::string logger;
  std::string message;
  std::string message_template;
  std::uint64_t thread_id;
  source where;
  /// What the encoder made of it, newline included.
  std::string line;
  /// Keys of the fields, in order.
  std::vector<std::string> keys;

 private:
  const value* find(std::string_view key) const {
    for (const ctxlog::field& f : fields_->run().fields())
      if (f.key == key) return &f.value;
    return nullptr;
  }
  [[noreturn]] static void fail(std::string_view key, const char* what) {
    throw std::logic_error("field \"" + std::string(key) + "\" " + what);
  }

  std::shared_ptr<field_set> fields_;
};

/// Every record made from its construction to its destruction, from any thread, beside the sinks there are:
/// `capture records; place_order(); CHECK(records.only().field<std::string>("request_id") == "r-1");`
class capture {
 public:
  explicit capture(sink_options options = {})
      : store_(std::make_shared<store>()), id_(add_sink(store_, std::move(options))) {}
  capture(const capture&) = delete;
  capture& operator=(const capture&) = delete;
  ~capture() { remove_sink(id_); }

  /// A copy of what was captured so far, in order.
  std::vector<captured_record> all() const {
    const std::lock_guard lock(store_->mutex);
    return {store_->records.begin(), store_->records.end()};
  }
  std::size_t size() const {
    const std::lock_guard lock(store_->mutex);
    return store_->records.size();
  }
  void clear() {
    const std::lock_guard lock(store_->mutex);
    store_->records.clear();
  }

  /// The one record there is. Throws std::logic_error that says how many there are otherwise.
  captured_record only() const {
    const std::lock_guard lock(store_->mutex);
    if (store_->records.size() != 1)
      throw std::logic_error("expected one record, captured " + std::to_string(store_->records.size()));
    return store_->records.front();
  }
  /// The latest record. Throws std::logic_error when there is none.
  captured_record last() const {
    const std::lock_guard lock(store_->mutex);
    if (store_->records.empty()) throw std::logic_error("expected a record, captured none");
    return store_->records.back();
  }

 private:
  struct store final : sink {
    std::error_code write(const record& rec, std::string_view line) override {
      const std::lock_guard lock(mutex);
      records.emplace_back(rec, line);
      return {};
    }
    std::string_view name() const noexcept override { return "capture"; }

    mutable std::mutex mutex;
    std::deque<captured_record> records;
  };

  std::shared_ptr<store> store_;
  sink_id id_;
};

template <class T>
T captured_record::field(std::string_view key) const {
  const value* const found = find(key);
  if (!found) fail(key, "is not in the record");
  if constexpr (std::same_as<T, value>) {
    return *found;  // valid as long as a copy of this record lives
  } else if constexpr (std::same_as<T, bool>) {
    if (found->kind() == value_kind::boolean) return found->boolean();
    fail(key, "is no boolean");
  } else if constexpr (std::integral<T>) {
    if (found->kind() == value_kind::integer && std::in_range<T>(found->integer()))
      return static_cast<T>(found->integer());
    if (found->kind() == value_kind::unsigned_integer && std::in_range<T>(found->unsigned_integer()))
      return static_cast<T>(found->unsigned_integer());
    fail(key, "is no integer of that width");
  } else if constexpr (std::floating_point<T>) {
    if (found->kind() == value_kind::real) return static_cast<T>(found->real());
    fail(key, "is no floating-point number");
  } else if constexpr (std::constructible_from<T, std::string_view>) {
    if (found->kind() == value_kind::string) return T(found->string());
    fail(key, "is no string");
  } else if constexpr (detail::is_duration<T>) {
    if (found->kind() == value_kind::duration) return std::chrono::duration_cast<T>(found->duration());
    fail(key, "is no duration");
  } else {
    static_assert(std::same_as<T, std::chrono::system_clock::time_point>,
                  "ctxlog::testing: no field has this type");
    if (found->kind() == value_kind::time)
      return std::chrono::time_point_cast<std::chrono::system_clock::duration>(found->time());
    fail(key, "is no time");
  }
}

}  // namespace ctxlog::testing
