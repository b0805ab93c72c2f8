#include <iostream>

#include "core/app/commands.h"
#include "core/app/secret_input.h"
#include "core/app/signals.h"
#include "core/app/terminal.h"
#include "core/config/secrets.h"
#include "core/connection/browser_sign_in.h"
#include "core/connection/live_connection.h"
#include "core/net/callback_listener.h"
#include "core/net/url.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
using connection::BrowserSignIn;
using connection::Grant;
using connection::LiveConnection;
using connection::SignIn;
using connection::Tokens;

struct SignInOptions {
  std::string name;
  std::string listen;  ///< HOST:PORT; empty: as the redirect URI says
  bool paste = false;
};

/// Where the browser's answer is awaited.
struct Door {
  std::string host;
  std::uint16_t port;
};

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

/// Behind a reverse proxy the redirect URI is the proxy's, and --listen says where it passes requests on to.
Door door_of(const net::Url& redirect, const SignInOptions& options) {
  const net::Url listen = options.listen.empty() ? redirect : net::parse_url("http://" + options.listen);
  if (!is_loopback(listen.host))
    throw Error("PB1601",
                "The redirect URI " + redirect.shown() +
                    " is not on this machine's loopback. Give --listen 127.0.0.1:PORT, to which your reverse "
                    "proxy passes that address on, or --paste to bring the answer by hand.");
  return {listen.host, listen.port};
}

void show_address(const BrowserSignIn& attempt) {
  std::cerr << "Open this address in a browser and sign in as the agent that psabridge shall act as:\n\n"
            << attempt.url() << "\n\n";
}

/// Gets the tokens for the code that a browser brought.
using Exchange = std::function<Tokens(const std::string& code)>;

/// Answers a browser that came back. The page is shown once the server has given the tokens, so that it is
/// true; a query that is none of this attempt's does not end it.
net::CallbackAnswer answer_browser(BrowserSignIn& attempt, const Exchange& exchange,
                                   const std::map<std::string, std::string>& query, Tokens& tokens) {
  std::string code;
  try {
    code = attempt.code(query);
  } catch (const Error& error) {
    if (error.code() != "PB1905") throw;
    return {400, "Not this sign-in", error.message(), false};
  }
  tokens = exchange(code);
  return {200, "Signed in", "psabridge has what it needs. You can close this window.", true};
}

/// The tokens that a browser on this machine leads to.
Tokens listen_for_browser(Context& context, const SignIn& sign_in, BrowserSignIn& attempt,
                          const Exchange& exchange, const SignInOptions& options) {
  const net::Url redirect = net::parse_url(sign_in.redirect_uri);
  const Door door = door_of(redirect, options);
  Tokens tokens;
  const auto answer = [&](const std::map<std::string, std::string>& query) {
    return answer_browser(attempt, exchange, query, tokens);
  };
  net::CallbackListener listener(door.host, door.port, redirect.target, answer, context.clock());
  show_address(attempt);
  std::cerr << "Waiting for the browser at " << redirect.shown() << " (ten minutes, Ctrl-C gives up).\n";
  if (!listener.wait(stop_asked, connection::kBrowserPatience))
    throw stop_asked() ? Error("PB1410", "The sign-in was given up.")
                       : Error("PB1905", "No browser came back within ten minutes.");
  return tokens;
}

/// The code from an address that somebody copied out of a browser elsewhere.
std::string read_pasted_code(BrowserSignIn& attempt) {
  show_address(attempt);
  std::cerr
      << "The browser ends at an address that it cannot open. Copy that address here and press Enter:\n";
  std::string pasted;
  std::getline(std::cin, pasted);
  const std::size_t question = pasted.find('?');
  if (question == std::string::npos)
    throw Error("PB1905", "What was pasted is no address with an answer (it has no question mark).");
  std::string_view query = std::string_view(pasted).substr(question + 1);
  return attempt.code(net::decode_query(query.substr(0, query.find('#'))));
}

Tokens sign_in_with_browser(Context& context, LiveConnection& live, const SignIn& sign_in,
                            const SignInOptions& options) {
  BrowserSignIn attempt(sign_in, context.clock());
  const Exchange exchange = [&](const std::string& code) {
    return live.services().token_endpoint().exchange(sign_in, code, attempt.verifier(), stop_asked);
  };
  return options.paste ? exchange(read_pasted_code(attempt))
                       : listen_for_browser(context, sign_in, attempt, exchange, options);
}

/// Scopes that were asked for and not granted; none when the server does not say what it granted.
std::vector<std::string> missing_scopes(const SignIn& sign_in, const Tokens& tokens) {
  const std::string granted = " " + tokens.scopes + " ";
  std::vector<std::string> missing;
  if (tokens.scopes.empty()) return missing;
  for (const std::string& scope : sign_in.scopes)
    if (granted.find(" " + scope + " ") == std::string::npos) missing.push_back(scope);
  return missing;
}

SignIn require_sign_in(LiveConnection& live, const config::Connection& connection) {
  const std::string text = live.connector().sign_in(stop_asked);
  if (text.empty())
    throw Error("PB1601", "The connection " + connection.name +
                              " signs in without tokens: there is nothing to do here. `psabridge connection "
                              "test " +
                              connection.name + "` tries its key.");
  return connection::parse_sign_in(text);
}

Outcome signed_in(const config::Connection& connection, const SignIn& sign_in, const Tokens& tokens) {
  json::array missing;
  std::string text = "Signed in to " + connection.name + ".";
  if (!tokens.scopes.empty()) text += " Granted: " + tokens.scopes + ".";
  for (const std::string& scope : missing_scopes(sign_in, tokens)) {
    missing.emplace_back(scope);
    text +=
        "\nNot granted: " + scope + ". Tick it on the application's page of permissions, then sign in again.";
  }
  const bool renews = sign_in.grant == Grant::client_credentials || !tokens.refresh.empty();
  if (!renews)
    text += "\nThe server gave no refresh token: this sign-in ends at " + format_time(tokens.expires_at) +
            ". Allow the scope offline_access to the application and sign in again.";
  return {.data = json::object{{"connection", connection.name},
                               {"granted", tokens.scopes},
                               {"missing", std::move(missing)},
                               {"renews", renews},
                               {"expires_at", format_time(tokens.expires_at)}},
          .text = text + "\nNext: `psabridge connection test " + connection.name + "`\n"};
}

Outcome sign_in(Context& context, const SignInOptions& options) {
  const auto& connection = context.connection(options.name);
  LiveConnection live(connection, context.registry(), context.installation());
  const SignIn how = require_sign_in(live, connection);
  const Tokens tokens = how.grant == Grant::authorization_code
                            ? sign_in_with_browser(context, live, how, options)
                            : live.services().token_endpoint().client_credentials(how, stop_asked);
  live.services().tokens().accept(how, tokens, stop_asked);
  context.standing().note(connection, {});
  return signed_in(connection, how, tokens);
}

/// The setting that holds the connection's secret: a reference that the vault can answer.
std::string rotatable_reference(Context& context, const config::Connection& connection) {
  const json::value* const auth = connection.settings.values.if_contains("auth");
  const json::object none;
  const json::object& settings = auth && auth->is_object() ? auth->get_object() : none;
  for (const char* const key : {"client_secret", "api_key"}) {
    const json::value* const value = settings.if_contains(key);
    if (!value) continue;
    const std::string reference(value->as_string());
    const vault::Origin origin = context.secrets().origin(reference);
    if (reference.starts_with("secret://") && origin.place != vault::Origin::Place::credential)
      return reference;
    throw Error("PB1601", "The secret of " + connection.name + " is " + reference +
                              ", which psabridge cannot write. Exchange it where it is kept, then `psabridge "
                              "connection auth " +
                              connection.name + "`.");
  }
  throw Error("PB1601", "The connection " + connection.name + " has no secret in `auth` to rotate.");
}

/// The connection as it would be with another secret, which stands in it in plain text.
config::Connection with_secret(config::Connection connection, const std::string& reference,
                               const std::string& secret) {
  for (auto& [key, value] : connection.settings.values.at("auth").as_object())
    if (value.is_string() && value.get_string() == reference) value = secret;
  return connection;
}

/// Signs in with the new secret before anything is changed. Throws what the server says against it.
void try_secret(Context& context, const config::Connection& candidate) {
  LiveConnection live(candidate, context.registry(), context.installation());
  const std::string text = live.connector().sign_in(stop_asked);
  if (text.empty()) {
    live.connector().check(
        {},
        [](const plugin::Finding& finding) {
          if (finding.check == "credentials" && finding.health == plugin::Health::fail)
            throw Error(finding.code, finding.fact + " The old secret stays in use.");
        },
        stop_asked);
    return;
  }
  const SignIn how = connection::parse_sign_in(text);
  if (how.grant == Grant::client_credentials)
    live.services().tokens().accept(how, live.services().token_endpoint().client_credentials(how, stop_asked),
                                    stop_asked);
  else
    live.services().tokens().renew(how, stop_asked);
}

Outcome rotate_secret(Context& context, const SignInOptions& options) {
  const auto& connection = context.connection(options.name);
  const std::string reference = rotatable_reference(context, connection);
  const std::string secret = read_secret("New secret of " + connection.name);
  context.redactor().add(secret);
  try_secret(context, with_secret(connection, reference, secret));
  context.vault().seal(reference.substr(std::string_view("secret://").size()), secret);
  context.standing().note(connection, {});
  return {.data = json::object{{"connection", connection.name}, {"secret", reference}},
          .text = "The new secret of " + connection.name + " works and is kept as " + reference +
                  ". Syncs that run go on; the old one can be deleted in the source.\n"};
}

}  // namespace

void add_sign_in_commands(CommandTree& tree, CLI::App& group) {
  const auto options = std::make_shared<SignInOptions>();
  const auto named = [&](const CommandWords& words,
                         Outcome (*act)(Context&, const SignInOptions&)) -> CLI::App& {
    auto& command =
        tree.add(group, words, [options, act](Context& context) { return act(context, *options); });
    command.add_option("NAME", options->name, "Connection; may be left out when there is only one");
    return command;
  };
  auto& auth = named(
      {"auth", "Sign in anew, with a browser where the grant wants one", "psabridge connection auth acme"},
      sign_in);
  auth.add_flag("--paste", options->paste,
                "The browser is on another machine: bring its last address by hand");
  auth.add_option("--listen", options->listen,
                  "HOST:PORT on this machine that a reverse proxy passes the redirect URI on to");
  named({"rotate-secret",
         "Try a new client secret or API key (from stdin or asked for) and keep it when it works",
         "psabridge connection rotate-secret acme"},
        rotate_secret);
}

}  // namespace psabridge::app
