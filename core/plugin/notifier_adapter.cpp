#include "core/plugin/adapters.h"

namespace psabridge::plugin {
namespace {

class NotifierAdapter : public Notifier {
 public:
  NotifierAdapter(const LoadedRole& role, std::string_view settings, HostServices& services)
      : instance_(role, settings, services), verbs_(instance_.verbs<psabridge_notify>()) {}

  void send(const Alert& alert, const Stop& stop) override {
    const psabridge_alert plain{
        sizeof plain,        alert.level,        0,          borrow(alert.code), borrow(alert.pipeline),
        borrow(alert.title), borrow(alert.text), alert.at_ms};
    VerbCall call(instance_.role(), "send", stop);
    call.run(verbs_.send, instance_.self(), &plain);
  }

 private:
  Instance instance_;
  const psabridge_notify& verbs_;
};

}  // namespace

std::unique_ptr<Notifier> adapt_notifier(const LoadedRole& role, std::string_view settings,
                                         HostServices& services) {
  return std::make_unique<NotifierAdapter>(role, settings, services);
}

}  // namespace psabridge::plugin
