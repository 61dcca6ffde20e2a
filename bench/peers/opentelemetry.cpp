// opentelemetry-cpp: its logs SDK with a recordable that writes JSON, as its own owns no copies of the attributes.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <opentelemetry/logs/logger.h>
#include <opentelemetry/sdk/logs/batch_log_record_processor.h>
#include <opentelemetry/sdk/logs/exporter.h>
#include <opentelemetry/sdk/logs/logger_provider.h>
#include <opentelemetry/sdk/logs/logger_provider_factory.h>
#include <opentelemetry/sdk/logs/simple_log_record_processor.h>
#include <unistd.h>

#include "json_text.hpp"
#include "limit.hpp"

namespace {

namespace api = opentelemetry;
namespace sdk = opentelemetry::sdk;

thread_local const bench::request* current;

class json_record final : public sdk::logs::Recordable {
 public:
  std::string text;

  void SetTimestamp(api::common::SystemTimestamp) noexcept override {}
  void SetSeverity(api::logs::Severity severity) noexcept override {
    const auto name = api::logs::SeverityNumToText[static_cast<std::size_t>(severity)];
    bench::append_member(text, "level", std::string_view(name.data(), name.size()));
  }
  void SetBody(const api::common::AttributeValue& body) noexcept override { SetAttribute("message", body); }
  void SetAttribute(api::nostd::string_view key, const api::common::AttributeValue& value) noexcept override {
    const std::string_view name(key.data(), key.size());
    if (const auto* string = api::nostd::get_if<api::nostd::string_view>(&value))
      bench::append_member(text, name, std::string_view(string->data(), string->size()));
    else if (const auto* integer = api::nostd::get_if<std::int64_t>(&value))
      bench::append_member(text, name, *integer);
    else if (const auto* natural = api::nostd::get_if<std::uint64_t>(&value))
      bench::append_member(text, name, *natural);
    else if (const auto* number = api::nostd::get_if<double>(&value))
      bench::append_member(text, name, *number);
    else if (const auto* truth = api::nostd::get_if<bool>(&value))
      bench::append_member(text, name, *truth);
  }
  void SetInstrumentationScope(
      const sdk::instrumentationscope::InstrumentationScope& scope) noexcept override {
    bench::append_member(text, "logger", scope.GetName());
  }
  void SetEventId(std::int64_t, api::nostd::string_view) noexcept override {}
  void SetTraceId(const api::trace::TraceId&) noexcept override {}
  void SetSpanId(const api::trace::SpanId&) noexcept override {}
  void SetTraceFlags(const api::trace::TraceFlags&) noexcept override {}
  void SetResource(const sdk::resource::Resource&) noexcept override {}

  // The SDK's first call for a record that it makes.
  void SetObservedTimestamp(api::common::SystemTimestamp time) noexcept override {
    const auto ns = time.time_since_epoch().count();
    static thread_local std::time_t second = 0;
    static thread_local char formatted[32];
    if (const auto s = static_cast<std::time_t>(ns / 1'000'000'000); s != second) {
      std::tm utc{};
      ::gmtime_r(&s, &utc);
      std::strftime(formatted, sizeof formatted, "%Y-%m-%dT%H:%M:%S", &utc);
      second = s;
    }
    text.reserve(512);
    fmt::format_to(std::back_inserter(text), R"({{"time":"{}.{:06}Z")", formatted, ns / 1000 % 1'000'000);
  }
};

class file_exporter final : public sdk::logs::LogRecordExporter {
 public:
  explicit file_exporter(const std::string& path) : file_(path) {}

  std::unique_ptr<sdk::logs::Recordable> MakeRecordable() noexcept override {
    return std::make_unique<json_record>();
  }
  sdk::common::ExportResult Export(
      const api::nostd::span<std::unique_ptr<sdk::logs::Recordable>>& records) noexcept override {
    for (const auto& record : records) {
      auto& text = static_cast<json_record&>(*record).text;
      text += "}\n";
      file_.put(text.data(), text.size());
    }
    return sdk::common::ExportResult::kSuccess;
  }
  bool ForceFlush(std::chrono::microseconds) noexcept override {
    file_.flush();
    return true;
  }
  bool Shutdown(std::chrono::microseconds) noexcept override {
    file_.flush();
    return true;
  }

 private:
  bench::plain_file file_;
};

class opentelemetry_peer {
 public:
  static constexpr bool sync = true, async = true;

  explicit opentelemetry_peer(const bench::options& o) {
    auto exporter = std::make_unique<file_exporter>(o.output);
    std::unique_ptr<sdk::logs::LogRecordProcessor> processor;
    if (o.async)
      processor = std::make_unique<sdk::logs::BatchLogRecordProcessor>(
          std::move(exporter), sdk::logs::BatchLogRecordProcessorOptions{});
    else
      processor = std::make_unique<sdk::logs::SimpleLogRecordProcessor>(std::move(exporter));
    provider_ = sdk::logs::LoggerProviderFactory::Create(std::move(processor));
    log_ = provider_->GetLogger("orders", "orders");
  }

  int enter(const bench::request& r) {
    current = &r;
    return 0;
  }

  template <class Shape>
  void log(const Shape& event) {
    auto record = log_->CreateLogRecord();
    record->SetSeverity(api::logs::Severity::kInfo);
    record->SetAttribute("file", api::nostd::string_view("opentelemetry.cpp"));
    record->SetAttribute("line", std::int64_t{__LINE__});
    static const thread_local std::int64_t thread = ::gettid();
    record->SetAttribute("thread", thread);
    record->SetAttribute("request_id", view(current->request_id));
    record->SetAttribute("trace_id", view(current->trace_id));
    record->SetAttribute("user_id", view(current->user_id));
    bench::visit_fields(event,
                        [&](const auto& key, const auto& value) { record->SetAttribute(key, view(value)); });
    record->SetBody(view(bench::message_of(event)));
    log_->EmitLogRecord(std::move(record));
  }

  void finish() {
    auto& provider = static_cast<sdk::logs::LoggerProvider&>(*provider_);
    provider.ForceFlush();
    provider.Shutdown();
  }

 private:
  static api::nostd::string_view view(const std::string& s) { return {s.data(), s.size()}; }
  template <class T>
  static T view(const T& number) {
    return number;
  }

  std::unique_ptr<api::logs::LoggerProvider> provider_;
  api::nostd::shared_ptr<api::logs::Logger> log_;
};

}  // namespace

int main(int argc, char** argv) { return bench::main<opentelemetry_peer>(argc, argv); }
