#include <fcntl.h>

#include <filesystem>
#include <iostream>

#include "core/app/commands.h"
#include "core/app/local_door.h"
#include "core/app/program.h"
#include "core/app/signals.h"
#include "core/base/file.h"
#include "core/pipeline/assembly.h"
#include "core/serve/daemon.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

constexpr Milliseconds kLook{100};  // between looks at the signals

struct ServeOptions {
  std::filesystem::path ready_file;
};

/// Why a daemon ended.
enum class End { stopped, reload };

/// Whole or not at all: whoever waits for the file may read it as soon as it is there.
void write_ready_file(const std::filesystem::path& file, const serve::Daemon& daemon) {
  if (file.empty()) return;
  const std::string text = json::serialize(json::object{{"pid", getpid()},
                                                        {"webhook_port", daemon.webhook_port()},
                                                        {"status_port", daemon.status_port()},
                                                        {"listening", daemon.listening()}}) +
                           "\n";
  const std::filesystem::path next = file.string() + ".new";
  const Descriptor descriptor(::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  std::error_code error;
  if (descriptor && write_whole(descriptor, text)) std::filesystem::rename(next, file, error);
  if (!descriptor || error) throw Error("PB1605", "The file " + file.string() + " could not be written.");
}

/// True when the configuration as it is now could be served. What is wrong with it goes to the log, and the
/// old one stays live.
bool can_reload(Context& context) {
  try {
    const config::Config next = config::load(std::filesystem::absolute(context.options().config),
                                             {.allow_plain_secrets = context.options().allow_plain});
    if (auto problems = pipeline::check(next, context.registry()); !problems.empty())
      throw config::ConfigError(std::move(problems));
    if (next.store != context.config().store)
      throw Error("PB1604", "`store` cannot be changed while the daemon runs: restart it.");
    return true;
  } catch (const Error& error) {
    context.log().write(
        PSABRIDGE_ERROR, "serve",
        std::string("The configuration was not reloaded, the old one stays in force: ") + error.what());
    return false;
  }
}

End serve_until_signal(Context& context, const ServeOptions& options, serve::Systemd& systemd) {
  serve::Daemon daemon(context.premises(), PSABRIDGE_VERSION, systemd);
  const Lent lent{context.premises(), daemon};
  const LocalDoor door(door_of(context.config().store),
                       [&lent](const Question& question) { return run_lent(question, lent); });
  context.log().write(PSABRIDGE_INFO, "serve", "Serving " + daemon.listening() + ".");
  write_ready_file(options.ready_file, daemon);
  for (;;) {
    context.clock().sleep(kLook, [] { return stop_asked(); });
    if (stop_asked()) {
      context.log().write(PSABRIDGE_INFO, "serve", "Stopping; a second signal ends it at once.");
      systemd.stopping();
      daemon.stop();
      return End::stopped;
    }
    if (!take_reload() || !can_reload(context)) continue;
    context.log().write(PSABRIDGE_INFO, "serve", "Reloading the configuration.");
    systemd.reloading();
    daemon.stop();
    return End::reload;
  }
}

Outcome serve_command(Context& context, const ServeOptions& options) {
  if (context.daemon()) throw Error("PB1302", "A daemon serves this store already.");
  catch_reload();
  serve::Systemd systemd(serve::systemd_address(), [&context](const std::string& why) {
    context.log().write(PSABRIDGE_WARNING, "serve", why);
  });
  if (serve_until_signal(context, options, systemd) == End::stopped) return {};
  // A context reads its configuration once: each reload gets one of its own, and the store's lock with it.
  for (;;) {
    context.close_store();
    Context fresh(context.options(), context.clock());
    if (serve_until_signal(fresh, options, systemd) == End::stopped) return {};
  }
}

}  // namespace

void add_serve_command(CommandTree& tree) {
  const auto options = std::make_shared<ServeOptions>();
  auto& command = tree.add(
      tree.root(),
      {"serve", "Run as a daemon: polls on their schedule, webhooks as they come", "psabridge serve"},
      [options](Context& context) { return serve_command(context, *options); });
  command.add_option("--ready-file", options->ready_file, "Written (JSON) once it serves; for scripts");
}

}  // namespace psabridge::app
