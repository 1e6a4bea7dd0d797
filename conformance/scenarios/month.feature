Feature: One month
  A retailer reports its contracts, ALDIS decides by the 7th who gets how much, the retailer takes that off the bill and reports
  what it paid out.
  Latviski: Viens mēnesis

  @CON-01 @CON-02 @CON-03 @DIT-01 @DIT-02 @DIT-03 @PAY-03 @PAY-06 @PAY-08 @CAL-01 @CAL-02 @XML-01 @XML-02
  Scenario: The first contract and the first discount
    Latviski: Pirmais līgums un pirmā atlaide
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And Jānis Kalniņš is protected by nothing
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And Jānis Kalniņš signs contract 0012345679 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills for March 2026:
      | contract   | EUR net |
      | 0012345678 | 35.40   |
      | 0012345679 | 61.07   |
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @PAY-10
  Scenario: A month without any support to pay out
    Latviski: Mēnesis, kurā atbalsta nav
    Given it is 2 March 2026
    And Jānis Kalniņš is protected by nothing
    When Jānis Kalniņš signs contract 700500 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 700500 for March 2026: 61.07 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then the retailer has done all that is required of it

  @DIT-01 @DIT-02 @PAY-03
  Scenario: The scheduled run was out of order for a month and two lists of discounts wait
    Latviski: Plānotā apmaiņa mēnesi nav notikusi, un gaida divi atlaižu saraksti
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 73.15 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in April 2026
    And the retailer has done all that is required of it

  @DIT-07 @PAY-03
  Scenario: The reply that brings the discounts is lost, and the read is recovered
    Latviski: Pazūd atbilde ar atlaidēm, un nolasīšanu atgūst
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the reply with the retailer's next message is lost on the way
    And the retailer fetches its discounts
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @PAY-03 @PAY-04
  Scenario: A bill covers two months of support
    Latviski: Vienā rēķinā ir divu mēnešu atbalsts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills nothing for March 2026
    And the retailer reports its payouts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 73.15 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in April 2026
    And the retailer has done all that is required of it

  @DRV-03
  Scenario: The retailer's own books agree with what ALDIS has said
    Latviski: Tirgotāja uzskaite saskan ar ALDIS teikto
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 12.00 EUR net
    And the retailer reports its payouts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer is asked for the state of contract 0012345678
    And the retailer bills contract 0012345678 for April 2026: 60.00 EUR net
    And the retailer reports its payouts
    And the retailer is asked for the state of contract 0012345678
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in April 2026
    And the retailer has done all that is required of it
