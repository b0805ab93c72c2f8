#include "core/app/report.h"

#include <set>

#include "core/app/signals.h"
#include "core/base/error.h"
#include "core/config/config.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

ErrorEntry entry_of(const ErrorInfo& info, std::string message) {
  return {std::string(info.code),
          std::string(name_of(info.error_class)),
          std::move(message),
          std::string(info.remedy),
          {},
          0,
          0};
}

ErrorEntry entry_of(const config::Problem& problem) {
  const ErrorInfo* info = find_error(problem.code);
  auto entry = entry_of(info ? *info : *find_error("PB1499"), problem.message);
  entry.file = problem.at.file;
  entry.line = problem.at.line;
  entry.column = problem.at.column;
  return entry;
}

int status_of(const Error& error) {
  const bool by_signal = error.error_class() == ErrorClass::cancelled && stop_asked();
  return by_signal ? 128 + stop_signal() : exit_status(error.error_class());
}

json::object to_json(const ErrorEntry& entry) {
  json::object object{{"code", entry.code},
                      {"class", entry.error_class},
                      {"message", entry.message},
                      {"remedy", entry.remedy}};
  object["file"] = entry.file.empty() ? json::value() : json::value(entry.file);
  object["line"] = entry.line ? json::value(entry.line) : json::value();
  object["column"] = entry.column ? json::value(entry.column) : json::value();
  return object;
}

std::string wrap(const std::string& command, bool ok, json::value data, json::array errors) {
  return json::serialize(json::object{{"psabridge", PSABRIDGE_VERSION},
                                      {"command", command},
                                      {"ok", ok},
                                      {"data", std::move(data)},
                                      {"errors", std::move(errors)}}) +
         "\n";
}

}  // namespace

Failure describe(const std::exception& error) {
  Failure failure;
  if (const auto* several = dynamic_cast<const config::ConfigError*>(&error)) {
    for (const auto& problem : several->problems()) failure.entries.push_back(entry_of(problem));
    failure.status = exit_status(several->error_class());
  } else if (const auto* ours = dynamic_cast<const Error*>(&error)) {
    failure.entries.push_back(entry_of(ours->info(), ours->message()));
    failure.status = status_of(*ours);
  } else {
    failure.entries.push_back(entry_of(*find_error("PB1499"), error.what()));
    failure.status = exit_status(ErrorClass::internal);
  }
  return failure;
}

std::string to_text(const Failure& failure, bool coloured) {
  const std::string label = coloured ? "\x1b[31merror\x1b[0m " : "error ";
  std::set<std::string> advised;
  std::string text;
  for (const auto& entry : failure.entries) {
    const config::Location at{entry.file, entry.line, entry.column};
    text += label + entry.code + (entry.file.empty() ? "" : " at " + config::to_string(at)) + ": " +
            entry.message + "\n";
    if (advised.insert(entry.code).second) text += "  what to do: " + entry.remedy + "\n";
  }
  return text;
}

void redact(json::value& value, const Redactor& redactor) {
  if (value.is_string()) value = redactor.apply(std::string(value.get_string()));
  if (auto* array = value.if_array())
    for (auto& item : *array) redact(item, redactor);
  if (auto* object = value.if_object())
    for (auto& member : *object) redact(member.value(), redactor);
}

std::string envelope(const std::string& command, const Outcome& outcome) {
  return wrap(command, outcome.status == 0, outcome.data, {});
}

std::string envelope(const std::string& command, const Failure& failure) {
  json::array errors;
  for (const auto& entry : failure.entries) errors.push_back(to_json(entry));
  return wrap(command, false, nullptr, std::move(errors));
}

}  // namespace psabridge::app
