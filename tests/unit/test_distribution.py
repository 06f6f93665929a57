"""The distribution of template.yaml: what it serves, to whom it speaks, and the headers that it adds."""

import re

import pytest

from deployment.page import page_headers
from enhancer.http.response import SECURITY_HEADERS
from tests.unit.test_template import RESOURCES, TEMPLATE

R2 = "https://1a2b.r2.cloudflarestorage.com"
CONFIG = RESOURCES["Distribution"]["Properties"]["DistributionConfig"]
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"


class Evaluated:
    """The template's expressions under some parameters."""

    def __init__(self, **parameters):
        defaults = {name: str(each.get("Default", "")) for name, each in TEMPLATE["Parameters"].items()}
        self.values = defaults | {"Stage": "dev"} | parameters

    def condition(self, expression):
        [(function, arguments)] = expression.items()
        match function:
            case "!Equals":
                return self.value(arguments[0]) == self.value(arguments[1])
            case "!Not":
                return not self.condition(arguments[0])
            case "!And":
                return all(map(self.condition, arguments))
            case "!Condition":
                return self.condition(TEMPLATE["Conditions"][arguments])
        raise AssertionError(function)

    def value(self, expression):
        if not isinstance(expression, dict):
            return expression
        [(function, arguments)] = expression.items()
        match function:
            case "!Ref":
                return self.values[arguments]
            case "!If":
                name, yes, no = arguments
                return self.value(yes if self.condition(TEMPLATE["Conditions"][name]) else no)
            case "!Select":
                return self.value(arguments[1])[arguments[0]]
            case "!Split":
                return self.value(arguments[1]).split(arguments[0])
            case "!Sub":
                text, names = arguments if isinstance(arguments, list) else (arguments, {})
                named = {name: self.value(each) for name, each in names.items()}
                return re.sub(r"\$\{(\w+)\}", lambda found: (self.values | named)[found[1]], text)
        raise AssertionError(function)

    def headers(self, policy):
        """The headers that a response headers policy adds, and those of them that replace the origin's."""
        config = RESOURCES[policy]["Properties"]["ResponseHeadersPolicyConfig"]
        security = config["SecurityHeadersConfig"]
        hsts = security["StrictTransportSecurity"]
        assert hsts["IncludeSubdomains"]
        custom = config["CustomHeadersConfig"]["Items"]
        added = {
            "content-security-policy": self.value(security["ContentSecurityPolicy"]["ContentSecurityPolicy"]),
            "referrer-policy": security["ReferrerPolicy"]["ReferrerPolicy"],
            "strict-transport-security": f"max-age={hsts['AccessControlMaxAgeSec']}; includeSubDomains",
            "x-content-type-options": "nosniff",
            **{item["Header"]: item["Value"] for item in custom},
        }
        overriding = {each["Override"] for each in [*security.values(), *custom]}
        return added, overriding


@pytest.mark.parametrize(
    ("parameters", "images", "issuer"),
    [
        ({"R2Endpoint": R2}, R2, None),
        ({"R2Endpoint": R2, "OidcIssuer": "https://id.example.com"}, R2, "https://id.example.com"),
        ({"R2Endpoint": R2, "OidcIssuer": "https://id.example.com/realms/x/"}, R2, "https://id.example.com"),
        ({"R2Endpoint": R2, "R2PublicEndpoint": "https://r2.example.com"}, "https://r2.example.com", None),
        (
            {"R2Endpoint": R2, "OidcIssuer": "https://a.example.com", "OidcOrigins": "https://token.example.com"},
            R2,
            "https://a.example.com https://token.example.com",
        ),
    ],
    ids=["guests", "issuer", "issuer-with-path", "public-endpoint", "token-endpoint-elsewhere"],
)
def test_the_page_gets_the_headers_that_the_gateway_sends(parameters, images, issuer):
    added, overriding = Evaluated(**parameters).headers("PageHeaders")
    assert added == page_headers("https://images.example.com", images, issuer)
    assert overriding == {True}


def test_what_the_gateway_answers_itself_gets_the_headers_of_our_answers():
    added, overriding = Evaluated().headers("ApiHeaders")
    assert added == SECURITY_HEADERS
    policy = RESOURCES["ApiHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert policy["ContentSecurityPolicy"]["Override"] is False, "the API's page has its own"
    assert overriding == {True, False}


def test_api_and_images_go_to_the_gateway_uncached_and_the_rest_is_the_page():
    api = {behavior["PathPattern"]: behavior for behavior in CONFIG["CacheBehaviors"]}
    assert set(api) == {"/api/*", "/r2-ai/*"}
    for behavior in api.values():
        assert behavior["TargetOriginId"] == "api"
        assert behavior["CachePolicyId"] == CACHING_DISABLED
        assert behavior["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST
        assert behavior["ResponseHeadersPolicyId"] == {"!Ref": "ApiHeaders"}
        assert behavior["FunctionAssociations"][0]["FunctionARN"] == {"!GetAtt": "ApiRequests.FunctionARN"}
        assert behavior["ViewerProtocolPolicy"] == "https-only"
    page = CONFIG["DefaultCacheBehavior"]
    assert page["TargetOriginId"] == "page"
    assert page["AllowedMethods"] == ["GET", "HEAD"]
    assert page["ResponseHeadersPolicyId"] == {"!Ref": "PageHeaders"}
    assert page["FunctionAssociations"][0]["FunctionARN"] == {"!GetAtt": "PageViews.FunctionARN"}
    assert "CustomErrorResponses" not in CONFIG, "they would replace the API's answers too"


def test_the_api_knows_the_distribution_by_a_secret_and_the_bucket_by_its_arn():
    page, api = CONFIG["Origins"]
    assert api["OriginCustomHeaders"] == [
        {"HeaderName": "X-Origin-Verify", "HeaderValue": {"!Ref": "OriginSecret"}},
    ]
    assert TEMPLATE["Parameters"]["OriginSecret"]["NoEcho"] is True
    assert page["OriginAccessControlId"] == {"!GetAtt": "PageAccess.Id"}
    [statement] = RESOURCES["PageBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert statement["Action"] == ["s3:GetObject", "s3:ListBucket"]
    [source] = statement["Condition"]["StringEquals"].values()
    assert source["!Sub"].endswith("distribution/${Distribution}")
    assert set(RESOURCES["PageBucket"]["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}


def test_a_request_may_take_as_long_as_the_gateway_lets_it():
    assert CONFIG["Origins"][1]["CustomOriginConfig"]["OriginReadTimeout"] > 30


def test_functions_and_distribution_do_not_wait_for_one_another():
    """Functions get the public address as a parameter; only the policy of the page's bucket names the distribution."""
    text = {name: repr(resource["Properties"]) for name, resource in RESOURCES.items()}
    naming = {name for name, each in text.items() if re.search(r"\bDistribution(\.|\}|')", each)}
    assert naming == {"PageBucketPolicy"}


def test_a_domain_counts_only_with_its_certificate():
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    has_domain = TEMPLATE["Conditions"]["HasDomain"]
    both = Evaluated(DomainName="images.example.com", CertificateArn=certificate)
    assert both.condition(has_domain)
    assert both.value(CONFIG["Aliases"]) == [{"!Ref": "DomainName"}]
    assert not Evaluated(DomainName="images.example.com").condition(has_domain)


def test_the_budget_is_there_for_an_operator_who_named_an_address():
    budget = RESOURCES["Budget"]
    assert budget["Condition"] == "HasBudget"
    has_budget = TEMPLATE["Conditions"]["HasBudget"]
    assert Evaluated(BudgetEmail="me@example.com").condition(has_budget)
    assert not Evaluated(BudgetEmail="me@example.com", Stage="local").condition(has_budget)
    assert not Evaluated().condition(has_budget)
    subscribers = [each["Subscribers"] for each in budget["Properties"]["NotificationsWithSubscribers"]]
    assert all(each == [{"SubscriptionType": "EMAIL", "Address": {"!Ref": "BudgetEmail"}}] for each in subscribers)


def test_a_stage_has_a_brake_on_requests():
    settings = RESOURCES["HttpApi"]["Properties"]["DefaultRouteSettings"]
    names = {"ThrottlingRateLimit": "RequestRate", "ThrottlingBurstLimit": "RequestBurst"}
    assert settings == {name: {"!Ref": parameter} for name, parameter in names.items()}
    assert all(TEMPLATE["Parameters"][parameter]["MinValue"] == 1 for parameter in names.values())


def test_what_is_not_on_the_local_stack_is_exactly_this():
    """Besides what wakes people: that is held by the tests of the alarms."""
    waking = ("AWS::CloudWatch::", "AWS::SNS::")
    conditional = {
        name: r["Condition"] for name, r in RESOURCES.items() if "Condition" in r and not r["Type"].startswith(waking)
    }
    on_aws = {"Distribution", "PageBucket", "PageBucketPolicy", "PageAccess", "PageHeaders", "ApiHeaders", "PageViews"}
    assert conditional == dict.fromkeys(on_aws | {"ApiRequests"}, "OnAws") | {"Budget": "HasBudget"}
    assert not Evaluated(Stage="local").condition(TEMPLATE["Conditions"]["OnAws"])
