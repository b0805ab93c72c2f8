#include <algorithm>

#include "core/app/commands.h"
#include "core/app/secret_input.h"
#include "core/app/terminal.h"
#include "core/base/text.h"
#include "core/base/time.h"
#include "core/config/secrets.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

struct SecretsOptions {
  std::string name, expires;
};

json::value text_or_null(const std::string& text) { return text.empty() ? json::value() : json::value(text); }

json::object to_json(const vault::SecretInfo& info) {
  return {{"name", info.name},
          {"key", info.key},
          {"updated_at", info.updated_at},
          {"expires_at", text_or_null(info.expires_at)}};
}

/// The moment that --expires names, as the vault keeps it.
std::string expiry_of(const SecretsOptions& options) {
  if (options.expires.empty()) return "";
  const auto time = parse_time(options.expires);
  if (!time)
    throw Error("PB1601", "\"" + options.expires +
                              "\" is no date: --expires takes 2027-01-31 or a whole time in "
                              "RFC 3339.");
  return format_time(*time);
}

void require_name(const std::string& name) {
  if (config::is_secret_name(name)) return;
  throw Error("PB1807", "\"" + name +
                            "\" cannot be the name of a secret: letters, digits, '_', '-' and '.' may stand "
                            "in it, and '.' not at its beginning.");
}

Outcome set(Context& context, const SecretsOptions& options) {
  require_name(options.name);
  const std::string expires_at = expiry_of(options);
  auto& vault = context.vault();
  const std::string value = read_secret("Value of " + options.name);
  context.redactor().add(value);
  vault.seal(options.name, value, expires_at);
  return {.data = json::object{{"name", options.name}, {"expires_at", text_or_null(expires_at)}},
          .text = "The vault keeps " + options.name + ". The configuration names it secret://" +
                  options.name + ".\n"};
}

Outcome list(Context& context) {
  json::array data;
  Table table({"secret", "set", "expires", "sealed with key"});
  for (const auto& info : context.vault().list()) {
    data.push_back(to_json(info));
    table.add({info.name, info.updated_at, info.expires_at, std::to_string(info.key)});
  }
  return {.data = std::move(data), .text = table.text("The vault is empty.")};
}

[[noreturn]] void refuse_unknown(vault::Vault& vault, const std::string& name) {
  const auto infos = vault.list();
  std::vector<std::string_view> names(infos.size());
  std::ranges::transform(infos, names.begin(), &vault::SecretInfo::name);
  throw Error("PB1602", "The vault has no secret \"" + name + "\"." + did_you_mean(name, names));
}

Outcome remove(Context& context, const SecretsOptions& options) {
  auto& vault = context.vault();
  if (!vault.remove(options.name)) refuse_unknown(vault, options.name);
  return {.data = json::object{{"name", options.name}},
          .text = "The vault no longer has " + options.name + ".\n"};
}

Outcome rotate(Context& context) {
  auto& vault = context.vault();
  vault.rotate();
  const auto count = vault.list().size();
  return {.data = json::object{{"secrets", count}},
          .text = "The keys are new, and " + grouped(count) + (count == 1 ? " secret is" : " secrets are") +
                  " sealed with them. If the key is in a file: make a new backup of it.\n"};
}

Outcome check(Context& context) {
  const auto problems = context.vault().check();
  std::string text;
  for (const auto& problem : problems) text += problem + "\n";
  return {.data = json::object{{"problems", json::array(problems.begin(), problems.end())}},
          .text = problems.empty() ? "The vault is in order: every secret opens.\n" : text,
          .status = problems.empty() ? 0 : exit_status(ErrorClass::integrity)};
}

}  // namespace

void add_secrets_commands(CommandTree& tree) {
  auto& group = tree.add_group("secrets", "Secrets that psabridge keeps: set, list, remove, rotate, check");
  const auto options = std::make_shared<SecretsOptions>();
  auto& setting = tree.add(group,
                           {"set", "Keep a secret: typed at a question, or from standard input",
                            "psabridge secrets set acme --expires 2027-01-31 < client-secret.txt"},
                           [options](Context& context) { return set(context, *options); });
  setting.add_option("NAME", options->name, "Name of the secret; the configuration says secret://NAME")
      ->required();
  setting.add_option(
      "--expires", options->expires,
      "When it ends, as its issuer says: `secrets list` shows it, `secrets check` tells when it has passed");
  tree.add(group, {"list", "List secrets, never their values", "psabridge secrets list"}, list);
  auto& removing = tree.add(group, {"remove", "Forget a secret", "psabridge secrets remove acme"},
                            [options](Context& context) { return remove(context, *options); });
  removing.add_option("NAME", options->name, "Name of the secret")->required();
  tree.add(group,
           {"rotate", "Make new keys and seal every secret with them; nothing needs a restart",
            "psabridge secrets rotate"},
           rotate);
  tree.add(group,
           {"check", "Open every secret and look at the key (exit 8: something is wrong)",
            "psabridge secrets check --json"},
           check);
}

}  // namespace psabridge::app
