// Alerts become lines of the host's log.
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

namespace {

using namespace psabridge::sdk;

class LogNotifier final : public Notifier {
 public:
  LogNotifier(Host& host, std::string_view) : host_(host) {}

 private:
  void send(const Alert& alert) override { host_.log(alert.level, line(alert)); }

  /// "PB1501: pipeline acme: Deletes held back. 612 of 5000 clients ..."; parts that are empty are left out.
  static std::string line(const Alert& alert) {
    std::string line;
    if (!alert.code.empty()) line.append(alert.code).append(": ");
    if (!alert.pipeline.empty()) line.append("pipeline ").append(alert.pipeline).append(": ");
    line += alert.title;
    if (!alert.text.empty()) line.append(alert.title.empty() ? "" : ". ").append(alert.text);
    return line;
  }

  Host& host_;
};

}  // namespace

PSABRIDGE_PLUGIN("org.psabridge.notify.log", PSABRIDGE_VERSION, "psabridge", "Writes alerts into the log",
                 notify<LogNotifier>("log", "Writes every alert into the host's log, at its level"));
