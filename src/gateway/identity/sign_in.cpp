#include "gateway/identity/sign_in.h"

#include <algorithm>

#include "base/password_hash.h"
#include "gateway/exchange.h"
#include "gateway/identity/content_fields.h"
#include "gateway/request_facts.h"

namespace gatehouse {
namespace {

constexpr std::string_view kBody = "request.body";
constexpr std::string_view kStatus = "response.status";

struct Names {
  Schema schema = request_schema();
  Slot status = schema.add(std::string(kStatus), Type(Kind::integer));
  Slot body = schema.add(std::string(kBody), Type::map_of(Type(Kind::text), Type(Kind::text)));
};

class SignInFacts final : public Environment {
 public:
  SignInFacts(Exchange& exchange, std::string_view seen)
      : facts_(exchange),
        status_(exchange.facts().status),
        fields_(exchange.request().fields.value(FieldId::content_type), seen, exchange.arena()) {}

  // The slots behind those of a request.
  Value get(Slot slot) override {
    constexpr auto kFirst = static_cast<Slot>(RequestFact::verdict_level) + 1;
    if (slot < kFirst) return facts_.get(slot);
    return slot == kFirst ? Value::integer(status_) : Value::map(fields_);
  }

 private:
  RequestFacts facts_;
  const std::uint16_t status_;
  const ContentFields fields_;
};

}  // namespace

WatchedBody::~WatchedBody() { wipe(seen_); }

void WatchedBody::consume(std::size_t bytes) {
  if (const std::size_t room = kBytesMax - seen_.size(); room != 0) {
    if (seen_.capacity() < kBytesMax) seen_.reserve(kBytesMax);  // never moved, so wiped whole
    seen_.append(body_.peek().substr(0, std::min(bytes, room)));
  }
  body_.consume(bytes);
}

std::unique_ptr<const SignIn> SignIn::read(const SignInConfig& config, const std::string& where,
                                           Diagnostics& diagnostics) {
  const std::size_t errors = diagnostics.errors();
  const Schema schema = Names{}.schema;
  auto user = compile_text(config.user, schema, Kind::text, "`user` of " + where, diagnostics);
  auto failed =
      compile_text(config.failed, schema, Kind::boolean, "`failed` of " + where, diagnostics);
  if (!failed || diagnostics.errors() != errors) return nullptr;
  const auto names_body = [](const ExpressionText& text) {
    return text.text.find(kBody) != text.text.npos;
  };
  return std::unique_ptr<const SignIn>(new SignIn(
      std::move(user), *std::move(failed), names_body(config.user) || names_body(config.failed)));
}

std::optional<SignInTry> SignIn::look(Exchange& exchange, std::string_view seen) const {
  SignInFacts facts(exchange, seen);
  Scratch judging(exchange.arena());
  const Value failed = failed_.evaluate(facts, judging);
  if (!failed.is(Kind::boolean)) return std::nullopt;
  SignInTry found{{}, !failed.is_true()};
  if (!user_) return found;
  Scratch naming(exchange.arena());
  const Value user = user_->evaluate(facts, naming);
  // What it names may stand in the content's copy, which goes.
  if (user.is(Kind::text)) found.user = exchange.arena().copy(user.text());
  return found;
}

}  // namespace gatehouse
