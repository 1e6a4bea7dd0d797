# seed: 1
Feature: A story that failed

  Scenario: Random life
    Given it is 2 November 2026
    When the next time the retailer confirms a message, the answer gets lost although all was done
    And the next time the retailer confirms a message, DIT answers with HTTP 500
    And ALDIS decides for November 2026
    And the retailer runs its whole exchange
    And the retailer fetches its discounts
